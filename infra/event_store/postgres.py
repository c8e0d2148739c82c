"""The event store's engine on PostgreSQL: the recorder and table of the library eventsourcing, with our own commit.

All writers take one advisory transaction lock, so positions rise in commit order and a reader of the log never meets a gap
that is filled later. Time-outs prevent a frozen writer from stopping the others for long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from select import POLLIN, poll
from typing import Any
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from commands.shared.commit import Committed, KeptReceipt, NumbersTaken, ReceiptsTaken, Stale
from infra.event_store import (
    compact,
    postgres_commit,
    postgres_contacts,
    postgres_identity,
    postgres_keys,
    postgres_rows,
    postgres_terms,
    store_format,
)
from infra.event_store.contacts import ContactRow, ContactRows, Method
from infra.event_store.postgres_checks import PostgresChecks
from infra.event_store.postgres_commit import WRITER_LOCK, Seen
from infra.event_store.postgres_identity import PostgresIdentity
from infra.event_store.postgres_log import unavailable_when_unreachable
from infra.event_store.postgres_upkeep import PostgresUpkeep
from infra.event_store.recording_times import LOOK_BACK, LastWritten, in_order, last_recorded
from infra.event_store.rows import CommitRows, EventRow, Rewrapped

TABLES = (
    "CREATE TABLE IF NOT EXISTS batches (id uuid PRIMARY KEY, positions bigint[], head bigint, at timestamptz DEFAULT now())",
    "CREATE TABLE IF NOT EXISTS subject_keys (subject uuid PRIMARY KEY, wrapped bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS subject_links (subject uuid, other uuid, PRIMARY KEY (other, subject))",
    "CREATE TABLE IF NOT EXISTS claims (register text, number text, holder uuid, PRIMARY KEY (register, number))",
    "CREATE TABLE IF NOT EXISTS counters (register text PRIMARY KEY, next bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS markers (name text PRIMARY KEY, value bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS receipts (scope text, key bytea, digest bytea, position bigint, answer bytea,"
    " at timestamptz DEFAULT now(), PRIMARY KEY (scope, key))",
    *postgres_contacts.TABLES,
)
CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
VERSIONS = (
    "SELECT originator_id, max(originator_version) AS version FROM stored_events WHERE originator_id = ANY(%s) GROUP BY 1"
)
LATEST = f"SELECT state FROM stored_events ORDER BY notification_id DESC LIMIT {LOOK_BACK}"


class PostgresRecorder(PostgresIdentity, PostgresUpkeep):
    @unavailable_when_unreachable
    def __init__(self, url: str, *, pool_size: int = 4, lock_timeout: float = 5.0, idle_timeout: float = 3.0) -> None:
        where = conninfo_to_dict(url)
        self._pool_size = pool_size
        self._lock_timeout, self._transaction_timeout = int(lock_timeout * 1000), int((lock_timeout + idle_timeout) * 1000)
        self._datastore = PostgresDatastore(
            dbname=str(where.get("dbname", "")),
            host=str(where.get("host", "")),
            port=str(where.get("port", "5432")),
            user=str(where.get("user", "")),
            password=str(where.get("password", "")),
            connect_timeout=lock_timeout,
            pool_size=1,
            max_overflow=pool_size - 1,
            idle_in_transaction_session_timeout=idle_timeout,
            pre_ping=False,
        )
        self._datastore.pool.name = "event-store"
        self._datastore.pool.kwargs = {**CONNECTION, **where, "row_factory": dict_row}
        self._library = PostgresApplicationRecorder(self._datastore)
        self._written = LastWritten()

    @unavailable_when_unreachable
    def create(self) -> None:
        with self._connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER_LOCK])
            store_format.refuse_other(postgres_keys.read_format(connection))
            for statement in (*TABLES, *postgres_terms.TABLES):
                connection.execute(statement)
            fresh = [store_format.MARKER, store_format.FORMAT]
            connection.execute("INSERT INTO markers VALUES (%s, %s) ON CONFLICT DO NOTHING", fresh)
        with self._connection() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [WRITER_LOCK + 1])
            try:
                self._library.create_table()
                postgres_identity.complete(connection)
            finally:
                connection.execute("SELECT pg_advisory_unlock(%s)", [WRITER_LOCK + 1])

    @unavailable_when_unreachable
    def commit(self, rows: CommitRows) -> Committed:
        try:
            with self._connection() as connection, postgres_commit.transaction(connection) as pipeline:
                committed, events = self._commit(connection, rows, pipeline)
        except persistence.IntegrityError:
            self._explain_conflict(rows)
            raise
        self._written = self._written.followed_by(events, committed.head)
        return committed

    def _commit(self, connection: Any, rows: CommitRows, pipeline: Any) -> tuple[Committed, Sequence[EventRow]]:
        """Send everything to write, or return the outcome of a batch that was committed before. With it, the events as stored.

        The answers to what is sent are read when the pipeline is left.
        """
        written = self._written
        self._lock(connection)
        seen = postgres_commit.look(connection, rows, written.position, pipeline)
        if seen.is_repeat:
            return Committed(seen.positions_before or (), seen.head_before or 0), ()
        postgres_commit.refuse_otherwise(rows, seen)
        rows = in_order(rows, written.at(seen.head) or _last_recorded(connection, seen))
        committed = Committed(seen.positions, seen.positions[-1] if seen.positions else seen.head)
        self._write(connection, rows, committed)
        self._end(connection)
        return committed, rows.events

    @contextmanager
    def _alone(self) -> Iterator[Any]:
        """A connection with a transaction that has the writers' lock."""
        with self._connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            self._lock(connection)
            yield connection

    def _lock(self, connection: Any) -> None:
        postgres_commit.lock(connection, self._lock_timeout, self._transaction_timeout)

    def _write(self, connection: Any, rows: CommitRows, committed: Committed) -> None:
        postgres_rows.write(connection, rows, committed)

    def _end(self, connection: Any) -> None:
        connection.execute("COMMIT", prepare=True)

    def _explain_conflict(self, rows: CommitRows) -> None:
        """A unique key was taken. Raise the error that says which: a stream's next version, a number or a receipt."""
        first = {event.stream: event.version for event in reversed(rows.events)}
        with self._connection() as connection:
            versions = connection.execute(VERSIONS, [list(first)]).fetchall()
            claims = connection.execute(
                "SELECT register, number FROM claims WHERE (register, number) IN"
                " (SELECT * FROM unnest(%s::text[], %s::text[]))",
                [[claim.register for claim in rows.claims], [claim.number for claim in rows.claims]],
            ).fetchall()
        true = {row["originator_id"]: row["version"] for row in versions}
        if stale := {id: true[id] for id, version in first.items() if true.get(id, 0) >= version}:
            raise Stale(stale)
        if claims:
            raise NumbersTaken((row["register"], row["number"]) for row in claims)
        if self.receipts([receipt[:2] for receipt in rows.receipts]):
            raise ReceiptsTaken

    @unavailable_when_unreachable
    def register(self, contacts: ContactRows, erased: Collection[UUID]) -> None:
        with self._alone() as connection:
            postgres_contacts.write(connection, contacts)
            postgres_contacts.erase(connection, erased)

    @unavailable_when_unreachable
    def empty_register(self) -> None:
        with self._connection() as connection:
            connection.execute("DELETE FROM contacts")

    @unavailable_when_unreachable
    def registered(self, methods: Collection[Method]) -> list[ContactRow]:
        with self._connection() as connection:
            return postgres_contacts.registered(connection, methods)

    @unavailable_when_unreachable
    def keys(self, subjects: Collection[UUID]) -> dict[UUID, bytes]:
        with self._connection() as connection:
            found = connection.execute(
                "SELECT subject, wrapped FROM subject_keys WHERE subject = ANY(%s)", [list(subjects)], prepare=True
            )
            return {row["subject"]: row["wrapped"] for row in found.fetchall()}

    @unavailable_when_unreachable
    def taken_along(self, subject: UUID, parted: Sequence[tuple[UUID, UUID]] = ()) -> set[UUID]:
        with self._connection() as connection:
            return postgres_rows.taken_along(connection, subject, parted)

    @unavailable_when_unreachable
    def receipts(self, keys: Collection[tuple[str, bytes]]) -> dict[tuple[str, bytes], KeptReceipt]:
        with self._connection() as connection:
            found = connection.execute(
                "SELECT scope, key, digest, position, answer FROM receipts WHERE (scope, key) IN"
                " (SELECT * FROM unnest(%s::text[], %s::bytea[]))",
                [[scope for scope, _ in keys], [key for _, key in keys]],
                prepare=True,
            )
            return {
                (row["scope"], bytes(row["key"])): KeptReceipt(row["digest"], row["position"], row["answer"])
                for row in found.fetchall()
            }

    @unavailable_when_unreachable
    def reserve_numbers(self, register: str, count: int) -> range:
        with self._connection() as connection:
            row = connection.execute(
                "INSERT INTO counters AS c VALUES (%s, %s)"
                " ON CONFLICT (register) DO UPDATE SET next = c.next + %s RETURNING next",
                [register, 1 + count, count],
            ).fetchone()
            assert row
            return range(row["next"] - count, row["next"])

    @unavailable_when_unreachable
    def claimed(self, register: str, numbers: Collection[str]) -> set[str]:
        statement = "SELECT number FROM claims WHERE register = %s AND number = ANY(%s)"
        with self._connection() as connection:
            return {row["number"] for row in connection.execute(statement, [register, list(numbers)], prepare=True)}

    @unavailable_when_unreachable
    def replace_secret(self, old: bytes, new: bytes) -> bool:
        with self._alone() as connection:
            return postgres_keys.replace_secret(connection, old, new)

    @unavailable_when_unreachable
    def count_wrapped_otherwise(self, master_key: bytes) -> int:
        with self._connection() as connection:
            return postgres_keys.count_wrapped_otherwise(connection, master_key)

    @unavailable_when_unreachable
    def wrapped_otherwise(self, master_key: bytes, after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
        with self._connection() as connection:
            return postgres_keys.wrapped_otherwise(connection, master_key, after, limit)

    @unavailable_when_unreachable
    def rewrap(self, master_key: bytes, keys: Sequence[Rewrapped]) -> None:
        with self._alone() as connection:
            postgres_keys.require_master_key(connection, master_key)
            postgres_keys.rewrap(connection, keys)

    @unavailable_when_unreachable
    def overwrite_replaced(self) -> None:
        with self._connection() as connection:
            connection.execute("VACUUM subject_keys, markers")

    def checks(self) -> PostgresChecks:
        return PostgresChecks(self._connection)

    def close(self) -> None:
        self._datastore.close()

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        """A connection that the server has not closed. After a restart of the database, all in the pool are closed."""
        for _ in range(self._pool_size):
            with self._datastore.get_connection() as connection:
                if not _is_cut_off(connection):
                    yield connection
                    return
                connection.close()
        with self._datastore.get_connection() as connection:
            yield connection


def _is_cut_off(connection: Any) -> bool:
    """Whether there is input although nothing was asked: the server has ended the connection. Needs no round trip."""
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return bool(waiting.poll(0))


def _last_recorded(connection: Any, seen: Seen) -> datetime | None:
    """When the last event of the log was recorded. If it is damaged, an earlier one shows the time."""
    if seen.state is None:
        return None
    known = last_recorded([compact.load(seen.state)])
    return known or last_recorded(compact.load(row["state"]) for row in connection.execute(LATEST))
