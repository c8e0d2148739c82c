"""The identity of an event store on PostgreSQL, and the positions that it may still give out.

Positions come from a sequence. It only rises, so the position of a deleted event is never given out again.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from infra.event_store import identity
from infra.event_store.identity import EPOCH_MARKER, STORE_MARKER, Identity
from infra.event_store.postgres_log import PostgresLog, unavailable_when_unreachable

RAISE = (
    "SELECT setval(seq, %(above)s) FROM (SELECT pg_get_serial_sequence('stored_events', 'notification_id')::regclass AS seq)"
    " WHERE coalesce(pg_sequence_last_value(seq), 0) < %(above)s"
)


class PostgresIdentity(PostgresLog):
    """A subclass gives the connections."""

    @abstractmethod
    def _alone(self) -> AbstractContextManager[Any]:
        """A connection with a transaction that has the writers' lock."""

    @unavailable_when_unreachable
    def identity(self) -> Identity:
        with self._connection() as connection:
            return _read(connection)

    @unavailable_when_unreachable
    def begin_epoch(self, above: int = 0) -> Identity:
        with self._alone() as connection:
            next = max(_read(connection).epoch, above) + 1
            connection.execute("UPDATE markers SET value = %s WHERE name = %s", [b"%d" % next, EPOCH_MARKER])
            return _read(connection)

    @unavailable_when_unreachable
    def raise_positions(self, above: int) -> None:
        with self._alone() as connection:
            _raise_positions(connection, above)


def complete(connection: Any) -> None:
    """Give the store an identity if it has none. Raise its sequence if the log was restored without it."""
    for name, value in identity.fresh().items():
        connection.execute("INSERT INTO markers VALUES (%s, %s) ON CONFLICT DO NOTHING", [name, value])
    last = connection.execute("SELECT max(notification_id) AS head FROM stored_events").fetchone()["head"]
    _raise_positions(connection, last or 0)


def _raise_positions(connection: Any, above: int) -> None:
    if above > 0:
        connection.execute(RAISE, {"above": above})


def _read(connection: Any) -> Identity:
    rows = connection.execute("SELECT name, value FROM markers WHERE name = ANY(%s)", [[STORE_MARKER, EPOCH_MARKER]])
    return identity.read({row["name"]: bytes(row["value"]) for row in rows.fetchall()})
