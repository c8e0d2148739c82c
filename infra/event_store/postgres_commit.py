"""One commit on PostgreSQL, in two round trips: the lock with all that must be looked at, then all that is written.

The lock is a statement of its own. A statement sees what was there when it began, so one that took the lock and looked would
miss what the writer before it has just committed. Then one statement looks and one writes, because a statement costs as much as
many rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.pq import TransactionStatus
from psycopg.rows import args_row

from commands.shared.commit import Stale
from infra.event_store.postgres_inserts import ids
from infra.event_store.rows import SECRET_MARKER, CommitRows, LogWentBack, MasterKeyChanged, refuse_held
from infra.event_store.vault import KEY_ID

WRITER_LOCK = 0x5EC0047
TRANSACTION_TIMEOUT_SINCE = 170000
LOOK = """
    SELECT done.id IS NOT NULL, done.positions, done.head, coalesce(last.notification_id, 0),
        CASE WHEN last.notification_id = %(known)s THEN NULL ELSE last.state END,
        (SELECT value FROM markers WHERE name = %(secret)s), held.streams, held.versions, asked.digests, asked.customers,
        ARRAY(SELECT nextval('stored_events_notification_id_seq') FROM generate_series(1, %(events)s))
    FROM (SELECT array_agg(stream) AS streams, array_agg(version) AS versions
            FROM (SELECT originator_id AS stream, max(originator_version) AS version FROM stored_events
                WHERE originator_id = ANY((SELECT %(read)s::text::uuid[])::uuid[]) GROUP BY 1)) AS held
        CROSS JOIN (SELECT array_agg(digest) AS digests, array_agg(customer) AS customers FROM contacts
            WHERE digest = ANY((SELECT %(asked)s::text::uuid[])::uuid[])) AS asked
        LEFT JOIN batches AS done ON done.id = %(batch)s
        LEFT JOIN (SELECT notification_id, state FROM stored_events ORDER BY notification_id DESC LIMIT 1) AS last ON true
"""


class Seen(NamedTuple):
    """What the log holds once the writers' lock is taken. Nobody else changes it until the commit.

    A batch that was committed before has the positions and the head of that time. `state` is that of the last event, unless it
    is the one that the caller knows. `positions` are drawn for the events of this commit; if it fails they are given to nobody.
    """

    is_repeat: bool
    positions_before: list[int] | None
    head_before: int | None
    head: int
    state: bytes | None
    secret: bytes
    streams: list[UUID] | None
    versions: list[int] | None
    digests: list[UUID] | None
    customers: list[UUID] | None
    positions: list[int]


@contextmanager
def transaction(connection: Any) -> Iterator[Any]:
    """A pipeline with a transaction in it, so that its beginning and its end wait for no answer of their own.

    Without a COMMIT, the transaction is rolled back. Answers that were not read yet are read when the block is left, and what
    went wrong is raised there.
    """
    try:
        with connection.pipeline() as pipeline:
            connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED", prepare=True)
            yield pipeline
    finally:
        if connection.info.transaction_status != TransactionStatus.IDLE:
            connection.rollback()


def lock(connection: Any, lock_timeout: int, transaction_timeout: int) -> None:
    """Take the writers' lock, after `lock_timeout` milliseconds at most, and hold it for `transaction_timeout` at most.

    The statements that follow are prepared: a plan may be made while a table is nearly empty, and used when it is large. So no
    plan reads a whole table.
    """
    steps = [
        "set_config('enable_seqscan', 'off', true)",
        f"set_config('lock_timeout', '{lock_timeout}', true)",
        f"pg_advisory_xact_lock({WRITER_LOCK})",
    ]
    if connection.info.server_version >= TRANSACTION_TIMEOUT_SINCE:
        steps.append(f"set_config('transaction_timeout', '{transaction_timeout}', true)")
    connection.execute(f"SELECT {', '.join(steps)}", prepare=True)


def look(connection: Any, rows: CommitRows, known: int, pipeline: Any) -> Seen:
    """Look at everything at once, and wait for the answer. `known` is the position of an event whose time the caller knows.

    It ends with a sync. Only then does the server's time-out for an idle transaction count, so that a writer that freezes here
    loses the lock.
    """
    asked = {
        "batch": rows.batch,
        "known": known,
        "secret": SECRET_MARKER,
        "events": len(rows.events),
        "read": ids(rows.read),
        "asked": ids(rows.asked),
    }
    answer = connection.cursor(row_factory=args_row(Seen)).execute(LOOK, asked, prepare=True)
    pipeline.sync()
    seen: Seen = answer.fetchone()
    return seen


def refuse_otherwise(rows: CommitRows, seen: Seen) -> None:
    """Raises MasterKeyChanged, LogWentBack, Stale or DigestsHeld if the log holds something else than the batch knew."""
    if rows.keys and seen.secret[:KEY_ID] != rows.master_key:
        raise MasterKeyChanged
    if seen.head < rows.seen:
        raise LogWentBack
    true = dict(zip(seen.streams or (), seen.versions or (), strict=True))
    if stale := {id: true.get(id, 0) for id, version in rows.read.items() if true.get(id, 0) != version}:
        raise Stale(stale)
    refuse_held(rows.asked, zip(seen.digests or (), seen.customers or (), strict=True))
