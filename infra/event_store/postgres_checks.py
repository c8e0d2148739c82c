"""The checks of an event store on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from infra.event_store.checks import Beat, Finding, Versioned, causes
from infra.event_store.postgres_log import unavailable_when_unreachable
from infra.event_store.postgres_terms import COUNTED, POSITION, lacking
from infra.event_store.terms import Term

DAMAGE = "XX"
"""The class of SQLSTATE for damage: XX001 for data, XX002 for indexes, XX000 for what cannot be."""
TABLES = (
    *("event_terms", "event_index", "contacts", "subject_keys", "subject_links", "claims", "counters", "markers", "batches"),
    "receipts",
)
MISSING = (
    "SELECT DISTINCT position, 'The index names it.' FROM event_index"
    " WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE notification_id = position)",
    f"SELECT DISTINCT position, 'The index names it.' FROM event_terms, LATERAL (SELECT {POSITION}) AS at (position)"
    " WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE notification_id = position)",
    "SELECT DISTINCT position, 'A receipt names it.' FROM receipts"
    " WHERE position > 0 AND NOT EXISTS (SELECT 1 FROM stored_events WHERE notification_id = position)",
    "SELECT position, 'It was committed.' FROM batches, unnest(positions) AS position"
    " WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE notification_id = position)",
)
STREAMS = (
    "SELECT subject, 'has a key' FROM subject_keys"
    " WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE originator_id = subject)",
    "SELECT holder, 'holds the ' || register || ' ' || number FROM claims"
    " WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE originator_id = holder)",
)
VERSIONS = (
    "SELECT notification_id, originator_id, originator_version FROM stored_events {after}"
    " ORDER BY originator_id, originator_version LIMIT %s"
)


class PostgresChecks:
    def __init__(self, connected: Callable[[], AbstractContextManager[Any]]) -> None:
        self._connected = connected

    def is_damage(self, error: Exception) -> bool:
        return any(str(getattr(one, "sqlstate", None)).startswith(DAMAGE) for one in causes(error))

    def pages(self, beat: Beat) -> Iterator[Finding]:
        """The pages of events are read with the events. PostgreSQL compares the checksum of each page that it reads."""
        for table in TABLES:
            beat()
            try:
                self._rows(SQL("SELECT sum(hashtext(t::text)) FROM {} AS t").format(Identifier(table)))
            except Exception as error:
                if not self.is_damage(error):
                    raise
                yield Finding("corrupt-pages", f"{table}: {error}")

    def columns(self, limit: int) -> Iterator[Finding]:
        statement = "SELECT notification_id FROM stored_events WHERE topic IS NULL OR state IS NULL ORDER BY 1 LIMIT %s"
        for [position] in self._rows(statement, [limit]):
            yield Finding("column-type", "A column of its row has no value.", position)

    def versions(self, after: Versioned | None, limit: int) -> list[Versioned]:
        further = "" if after is None else "WHERE (originator_id, originator_version) > (%s, %s)"
        given = [] if after is None else [after.stream, after.version]
        return [Versioned(*row) for row in self._rows(VERSIONS.format(after=further), [*given, limit])]

    def lacking(self, terms: Collection[tuple[Term, int]]) -> set[int]:
        return {row[0] for statement, given in lacking(terms) for row in self._rows(statement, given)}

    def terms_up_to(self, position: int) -> int:
        there = "EXISTS (SELECT 1 FROM stored_events WHERE notification_id = position)"
        return int(self._rows(COUNTED.format(there=there), [position, position])[0][0])

    def contacts(self) -> int:
        return int(self._rows("SELECT count(*) FROM contacts")[0][0])

    def missing(self, limit: int) -> Iterator[Finding]:
        for statement in MISSING:
            for position, why in self._rows(f"{statement} ORDER BY 1 LIMIT %s", [limit]):
                yield Finding("missing-event", f"There is no event. {why}", position)
        for statement in STREAMS:
            for stream, what in self._rows(f"{statement} ORDER BY 1 LIMIT %s", [limit]):
                yield Finding("missing-stream", f"The stream {stream} {what}, and has no events.")

    def keys(self, after: UUID, limit: int) -> Sequence[tuple[UUID, bytes]]:
        statement = "SELECT subject, wrapped FROM subject_keys WHERE subject > %s ORDER BY subject LIMIT %s"
        return [(subject, bytes(wrapped)) for subject, wrapped in self._rows(statement, [after, limit])]

    @unavailable_when_unreachable
    def _rows(self, statement: Any, params: Sequence[Any] = ()) -> list[Any]:
        with self._connected() as connection:
            rows: list[Any] = connection.cursor(row_factory=tuple_row).execute(statement, params).fetchall()
            return rows
