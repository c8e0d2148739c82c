"""The identity of an event store on SQLite, and the positions that it may still give out.

The next position is stored and rises in each commit: SQLite itself would give the position of a deleted last event again.
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
TAKE = "INSERT INTO counters VALUES (?1, ?2 + ?3) ON CONFLICT (register) DO UPDATE SET next = max(next, ?2) + ?3 RETURNING next"
RAISE = "INSERT INTO counters VALUES (?1, ?2) ON CONFLICT (register) DO UPDATE SET next = max(next, ?2)"


class SqliteIdentity(SqliteLog):
    """A subclass gives the connections."""

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


def complete(connection: sqlite3.Connection) -> None:
    """Give the store an identity if it has none."""
    connection.executemany("INSERT OR IGNORE INTO markers VALUES (?, ?)", identity.fresh().items())


def take_positions(connection: sqlite3.Connection, head: int, count: int, above: int) -> range:
    """The next positions, after `head` and after all that were ever given out. Raises LogWentBack unless above `above`."""
    if not count:
        return range(head + 1, head + 1)
    after: int = connection.execute(TAKE, [POSITIONS, head + 1, count]).fetchone()[0]
    if after - count <= above:
        raise LogWentBack
    return range(after - count, after)


def _read(connection: sqlite3.Connection) -> Identity:
    statement = "SELECT name, value FROM markers WHERE name IN (?, ?)"
    return identity.read(dict(connection.execute(statement, [STORE_MARKER, EPOCH_MARKER])))
