"""Reads of the log on SQLite: by stream, by position, and through the index."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from eventsourcing import persistence

from infra.event_store import compact
from infra.event_store.mapper import Stored
from infra.event_store.rows import unavailable_when
from infra.event_store.terms import Term

INDEX = "CREATE TABLE IF NOT EXISTS event_index (term INTEGER, position INTEGER, PRIMARY KEY (term, position)) WITHOUT ROWID"
READ = "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events "
ENDS = (
    f"{READ}WHERE originator_id = ?1 AND originator_version IN"
    " (1, (SELECT max(originator_version) FROM stored_events WHERE originator_id = ?1))"
)
AT_ONCE = 500
NOT_AN_ID = UUID(int=0)

unavailable_when_unreachable = unavailable_when(
    sqlite3.OperationalError, persistence.OperationalError, persistence.InterfaceError
)
"""If the file is locked or cannot be opened, or the disk is full."""


class SqliteLog(ABC):
    """A subclass gives the connections."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection for reads."""

    @unavailable_when_unreachable
    def streams(self, ids: Collection[UUID]) -> list[Stored]:
        found: list[Stored] = []
        names = [id.hex for id in ids]
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            found += self._read(f"{READ}WHERE originator_id IN ({marks}) ORDER BY originator_id, originator_version", some)
        return found

    @unavailable_when_unreachable
    def ends(self, id: UUID, types: Collection[str]) -> list[Stored]:
        marks = ",".join("?" * len(types))
        return self._read(f"{ENDS} AND topic IN ({marks}) ORDER BY originator_version", [id.hex, *types])

    @unavailable_when_unreachable
    def first(self, ids: Collection[UUID]) -> list[Stored]:
        chosen = "WHERE originator_id IN (SELECT value FROM json_each(?)) AND originator_version = 1"
        return self._read(READ + chosen, [json.dumps([id.hex for id in ids])])

    @unavailable_when_unreachable
    def part(self, stream: UUID, first: int, last: int) -> list[Stored]:
        where = "WHERE originator_id = ? AND originator_version BETWEEN ? AND ? ORDER BY originator_version"
        return self._read(READ + where, [stream.hex, first, last])

    @unavailable_when_unreachable
    def version(self, stream: UUID) -> int:
        with self._reading() as connection:
            return version_of(connection, stream)

    @unavailable_when_unreachable
    def head(self) -> int:
        with self._reading() as connection:
            return connection.execute("SELECT max(rowid) FROM stored_events").fetchone()[0] or 0

    @unavailable_when_unreachable
    def log(
        self,
        after: int,
        limit: int,
        upto: int | None = None,
        types: Collection[str] | None = None,
        *,
        unless: Collection[str] | None = None,
        backwards: bool = False,
    ) -> list[Stored]:
        bound = "" if upto is None else "AND rowid <= ? "
        wanted = "" if types is None else f"AND topic IN ({','.join('?' * len(types))}) "
        if unless is not None:
            wanted += f"AND topic NOT IN ({','.join('?' * len(unless))}) "
        statement = f"{READ}WHERE rowid > ? {bound}{wanted}ORDER BY rowid {'DESC ' if backwards else ''}LIMIT ?"
        return self._read(statement, [after, *([] if upto is None else [upto]), *(types or ()), *(unless or ()), limit])

    @unavailable_when_unreachable
    def indexed(self, terms: Collection[Term], after: int, upto: int, each: int, *, backwards: bool) -> list[tuple[Term, int]]:
        statement = (
            "SELECT position FROM event_index WHERE term = ? AND position > ? AND position <= ?"
            f" ORDER BY position {'DESC' if backwards else 'ASC'} LIMIT ?"
        )
        with self._reading() as connection:
            found = ((term, connection.execute(statement, [term.number, after, upto, each])) for term in terms)
            return [(term, position) for term, rows in found for (position,) in rows]

    @unavailable_when_unreachable
    def having(self, terms: Collection[Term], positions: Collection[int]) -> set[int]:
        statement = "SELECT position FROM event_index WHERE term = ? AND position IN (SELECT value FROM json_each(?))"
        asked = json.dumps(list(positions))
        with self._reading() as connection:
            return {position for term in terms for (position,) in connection.execute(statement, [term.number, asked])}

    @unavailable_when_unreachable
    def at(self, positions: Collection[int]) -> list[Stored]:
        chosen = "WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY rowid"
        return self._read(READ + chosen, [json.dumps(list(positions))])

    def holds(self, events: Sequence[Stored]) -> bool:
        return self.at([one.position for one in events]) == list(events)

    def _read(self, statement: str, params: list[Any]) -> list[Stored]:
        # All rows are fetched first: an error between two rows would leave the connection at this moment of the log.
        with self._reading() as connection:
            rows = connection.execute(statement, params).fetchall()
        return [_stored(*row) for row in rows]


def _stored(position: int, stream: Any, version: Any, type: Any, state: Any) -> Stored:
    """The row. SQLite keeps values of every type in every column: a row with a damaged one is an event that cannot be read."""
    if isinstance(state, str):
        # What SQL functions make of a value, such as replace(), is a text. Its seals still show whether it was changed.
        state = state.encode()
    try:
        if isinstance(version, int) and isinstance(type, str) and isinstance(state, bytes):
            return Stored(position, UUID(stream), version, type, compact.load(state))
    except (ValueError, TypeError, AttributeError):
        pass
    return Stored(position, NOT_AN_ID, 0, "", b"")


def version_of(connection: sqlite3.Connection, stream: UUID) -> int:
    # In SQLite every text is greater than every number.
    statement = (
        "SELECT coalesce(max(originator_version), 0) FROM stored_events WHERE originator_id = ? AND originator_version < ''"
    )
    return int(connection.execute(statement, [stream.hex]).fetchone()[0])
