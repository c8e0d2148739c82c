"""Reads of the log on PostgreSQL: by stream, by position, and through the index."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from struct import Struct
from typing import Any
from uuid import UUID

from eventsourcing import persistence
from psycopg.rows import tuple_row

from infra.event_store import compact, postgres_terms
from infra.event_store.mapper import Stored
from infra.event_store.rows import unavailable_when
from infra.event_store.terms import Term

READ = "SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events "
ENDS = (
    f"{READ}WHERE originator_id = %(id)s AND topic = ANY(%(types)s) AND originator_version IN"
    " (1, (SELECT max(originator_version) FROM stored_events WHERE originator_id = %(id)s)) ORDER BY originator_version"
)

IS_COMPACT = f"(substr(state, 1, 1) = '\\x{compact.DICTIONARY:02x}'::bytea)"
CONTENT = f"CASE WHEN {IS_COMPACT} THEN substr(state, 1, {compact.HEAD.size}) ELSE state END"
DIGEST = (
    "SELECT sha256(string_agg(sha256(int8send(notification_id) || uuid_send(originator_id)"
    f" || int8send(originator_version::bigint) || {CONTENT}), ''::bytea ORDER BY notification_id)),"
    f" array_agg(notification_id) FILTER (WHERE NOT {IS_COMPACT})"
    " FROM stored_events WHERE notification_id = ANY(%s::text::bigint[])"
)
"""A digest of events, and which of them are stored as JSON. Of a compact state it has only the head, with the CRC-32."""
PLACE = Struct(">q16sq")

unavailable_when_unreachable = unavailable_when(
    persistence.OperationalError, persistence.InterfaceError, persistence.InternalError
)
"""For errors of the connection or the pool and for time-outs: the outcome is uncertain."""


class PostgresLog(ABC):
    """A subclass gives the connections."""

    @abstractmethod
    def _connection(self) -> AbstractContextManager[Any]:
        """A connection for reads."""

    @unavailable_when_unreachable
    def streams(self, ids: Collection[UUID]) -> list[Stored]:
        where = "WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version"
        return self._read(READ + where, [list(ids)])

    @unavailable_when_unreachable
    def ends(self, id: UUID, types: Collection[str]) -> list[Stored]:
        return self._read(ENDS, {"id": id, "types": list(types)})

    @unavailable_when_unreachable
    def first(self, ids: Collection[UUID]) -> list[Stored]:
        return self._read(READ + "WHERE originator_id = ANY(%s) AND originator_version = 1", [list(ids)])

    @unavailable_when_unreachable
    def part(self, stream: UUID, first: int, last: int) -> list[Stored]:
        where = "WHERE originator_id = %s AND originator_version BETWEEN %s AND %s ORDER BY originator_version"
        return self._read(READ + where, [stream, first, last])

    @unavailable_when_unreachable
    def version(self, stream: UUID) -> int:
        statement = "SELECT max(originator_version) FROM stored_events WHERE originator_id = %s"
        with self._connection() as connection:
            row = connection.cursor(row_factory=tuple_row).execute(statement, [stream], prepare=True).fetchone()
            return row[0] or 0 if row else 0

    @unavailable_when_unreachable
    def head(self) -> int:
        with self._connection() as connection:
            row = connection.execute("SELECT max(notification_id) AS head FROM stored_events", prepare=True).fetchone()
            return row["head"] or 0 if row else 0

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
        bound = "" if upto is None else "AND notification_id <= %s "
        wanted = "" if types is None else "AND topic = ANY(%s) "
        if unless is not None:
            wanted += "AND topic <> ALL(%s) "
        order = "ORDER BY notification_id DESC " if backwards else "ORDER BY notification_id "
        statement = f"{READ}WHERE notification_id > %s {bound}{wanted}{order}LIMIT %s"
        lists = [list(named) for named in (types, unless) if named is not None]
        given = [*([] if upto is None else [upto]), *lists]
        return self._read(statement, [after, *given, limit])

    @unavailable_when_unreachable
    def indexed(self, terms: Collection[Term], after: int, upto: int, each: int, *, backwards: bool) -> list[tuple[Term, int]]:
        with self._connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            return postgres_terms.indexed(cursor, terms, after, upto, each, backwards=backwards)

    @unavailable_when_unreachable
    def having(self, terms: Collection[Term], positions: Collection[int]) -> set[int]:
        with self._connection() as connection:
            return postgres_terms.having(connection.cursor(row_factory=tuple_row), terms, positions)

    @unavailable_when_unreachable
    def at(self, positions: Collection[int]) -> list[Stored]:
        return self._read(READ + "WHERE notification_id = ANY(%s) ORDER BY notification_id", [list(positions)])

    @unavailable_when_unreachable
    def holds(self, events: Sequence[Stored]) -> bool:
        # As one text: psycopg converts each number of a list on its own.
        positions = f"{{{','.join([str(one.position) for one in events])}}}"
        with self._connection() as connection:
            row = connection.cursor(row_factory=tuple_row).execute(DIGEST, [positions], prepare=True).fetchone()
            return bool(row and row[0] == _digest(events, set(row[1] or ())))

    def _read(self, statement: str, params: list[Any] | dict[str, Any]) -> list[Stored]:
        with self._connection() as connection:
            rows = connection.cursor(row_factory=tuple_row).execute(statement, params, prepare=True)
            # A value that is missing is damage: such an event cannot be read.
            return [
                Stored(at, stream, version, type or "", compact.load(state or b"")) for at, stream, version, type, state in rows
            ]


def _digest(events: Sequence[Stored], plain: Collection[int]) -> bytes:
    """What DIGEST gives for these events, of which those at the positions `plain` are stored as JSON."""
    together = sha256()
    for position, stream, version, _, state in events:
        seen = state if position in plain else compact.head(state)
        together.update(sha256(PLACE.pack(position, stream.bytes, version) + seen).digest())
    return together.digest()
