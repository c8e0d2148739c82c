"""The identity of an event store on SQLite, and the positions that it may still give out.

SQLite itself would give the position of a deleted last event again. The last batch names the positions that it took, and a
counter those that were passed over.
"""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from contextlib import AbstractContextManager

from infra.event_store import identity
from infra.event_store.identity import EPOCH_MARKER, STORE_MARKER, Identity
from infra.event_store.rows import LogWentBack
from infra.event_store.sqlite_log import SqliteLog, unavailable_when_unreachable

POSITIONS = "positions of events"
"""The name of the positions among the counters."""
NEXT = (
    "SELECT max(coalesce((SELECT next FROM counters WHERE register = ?), 1),"
    " coalesce((SELECT first + count FROM batches ORDER BY rowid DESC LIMIT 1), 1))"
)
RAISE = "INSERT INTO counters VALUES (?1, ?2) ON CONFLICT (register) DO UPDATE SET next = max(next, ?2)"


class SqliteIdentity(SqliteLog):
    """A subclass gives the connections."""

    _next = 1
    """No position below this one is given out. Kept here because reading it costs a commit a tenth: the file has one user."""

    @abstractmethod
    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection in a transaction that began as a writer."""

    @unavailable_when_unreachable
    def identity(self) -> Identity:
        with self._reading() as connection:
            return _read(connection)

    @unavailable_when_unreachable
    def begin_epoch(self, above: int = 0) -> Identity:
        with self._writing() as connection:
            next = max(_read(connection).epoch, above) + 1
            connection.execute("UPDATE markers SET value = ? WHERE name = ?", [b"%d" % next, EPOCH_MARKER])
            return _read(connection)

    @unavailable_when_unreachable
    def raise_positions(self, above: int) -> None:
        with self._writing() as connection:
            connection.execute(RAISE, [POSITIONS, above + 1])
            self._next = max(self._next, above + 1)

    def _complete(self, connection: sqlite3.Connection) -> None:
        """Give the store an identity if it has none, and read which positions were given out."""
        connection.executemany("INSERT OR IGNORE INTO markers VALUES (?, ?)", identity.fresh().items())
        self._next = max(self._next, connection.execute(NEXT, [POSITIONS]).fetchone()[0])

    def _positions(self, connection: sqlite3.Connection, count: int, seen: int) -> tuple[range, int]:
        """The next positions, and the log's head before them. Raises LogWentBack if that is below `seen`."""
        head: int = connection.execute("SELECT max(rowid) FROM stored_events").fetchone()[0] or 0
        if head < seen:
            raise LogWentBack
        next = max(self._next, head + 1)
        return range(next, next + count), head


def _read(connection: sqlite3.Connection) -> Identity:
    statement = "SELECT name, value FROM markers WHERE name IN (?, ?)"
    return identity.read(dict(connection.execute(statement, [STORE_MARKER, EPOCH_MARKER])))
