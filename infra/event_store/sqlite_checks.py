"""The checks of an event store on SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from infra.event_store.checks import Beat, Finding, Versioned, causes
from infra.event_store.sqlite_keys import WRAPPED
from infra.event_store.sqlite_log import unavailable_when_unreachable
from infra.event_store.terms import Term

DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)
STEPS = 2_000_000
"""Steps of SQLite's machine between two beats: about a tenth of a second."""
MOST_LINES = 100
MISSING = (
    (
        "SELECT DISTINCT position, 'The index names it.' FROM event_index"
        " WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE rowid = position)"
    ),
    (
        "SELECT DISTINCT position, 'A receipt names it.' FROM receipts"
        " WHERE position > 0 AND NOT EXISTS (SELECT 1 FROM stored_events WHERE rowid = position)"
    ),
    (
        "SELECT first, 'One of ' || count || ' events from here on, which were committed together.' FROM batches"
        " WHERE count > (SELECT count(*) FROM stored_events WHERE rowid BETWEEN first AND first + count - 1)"
    ),
)
STREAMS = (
    (
        "SELECT subject, 'has a key' FROM subject_keys"
        " WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE originator_id = subject)"
    ),
    (
        "SELECT holder, 'holds the ' || register || ' ' || number FROM claims"
        " WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE originator_id = holder)"
    ),
)
VERSIONS = (
    "SELECT rowid, originator_id, originator_version FROM stored_events"
    " WHERE originator_id IS NOT NULL AND originator_version IS NOT NULL {after}"
    " ORDER BY originator_id, originator_version LIMIT ?"
)
COLUMNS = (
    "SELECT rowid FROM stored_events WHERE typeof(originator_id) <> 'text' OR typeof(originator_version) <> 'integer'"
    " OR typeof(topic) <> 'text' OR typeof(state) <> 'blob' ORDER BY rowid LIMIT ?"
)


class SqliteChecks:
    def __init__(self, reading: Callable[[], AbstractContextManager[sqlite3.Connection]]) -> None:
        self._reading = reading

    def is_damage(self, error: Exception) -> bool:
        return any(getattr(one, "sqlite_errorcode", 0) & 0xFF in DAMAGE for one in causes(error))

    def pages(self, beat: Beat) -> Iterator[Finding]:
        with self._reading() as connection:
            yield from broken_pages(connection, "events.db", beat)

    def columns(self, limit: int) -> Iterator[Finding]:
        for [position] in self._rows(COLUMNS, [limit]):
            yield Finding("column-type", "A column of its row has a value of another type.", position)

    def versions(self, after: Versioned | None, limit: int) -> list[Versioned]:
        further = "" if after is None else "AND (originator_id, originator_version) > (?, ?)"
        given = [] if after is None else [after.stream, after.version]
        return [Versioned(*row) for row in self._rows(VERSIONS.format(after=further), [*given, limit])]

    def lacking(self, terms: Collection[tuple[Term, int]]) -> set[int]:
        statement = (
            "SELECT DISTINCT value ->> 1 FROM json_each(?) WHERE NOT EXISTS"
            " (SELECT 1 FROM event_index WHERE term = value ->> 0 AND position = value ->> 1)"
        )
        wanted = json.dumps([(term.number, position) for term, position in terms])
        return {row[0] for row in self._rows(statement, [wanted])}

    def terms_up_to(self, position: int) -> int:
        there = "EXISTS (SELECT 1 FROM stored_events WHERE rowid = position)"
        return int(self._rows(f"SELECT count(*) FROM event_index WHERE position <= ? AND {there}", [position])[0][0])

    def contacts(self) -> int:
        return int(self._rows("SELECT count(*) FROM contacts")[0][0])

    def missing(self, limit: int) -> Iterator[Finding]:
        for statement in MISSING:
            for position, why in self._rows(f"{statement} ORDER BY 1 LIMIT ?", [limit]):
                yield Finding("missing-event", f"There is no event. {why}", position)
        for statement in STREAMS:
            for stream, what in self._rows(f"{statement} ORDER BY 1 LIMIT ?", [limit]):
                yield Finding("missing-stream", f"The stream {shown(stream)} {what}, and has no events.")

    def keys(self, after: UUID, limit: int) -> Sequence[tuple[UUID, bytes]]:
        statement = f"SELECT subject, {WRAPPED} FROM subject_keys WHERE subject > ? ORDER BY subject LIMIT ?"
        return [(UUID(row[0]), bytes(row[1])) for row in self._rows(statement, [after.hex, limit])]

    @unavailable_when_unreachable
    def _rows(self, statement: str, params: Sequence[Any] = ()) -> list[Any]:
        with self._reading() as connection:
            return connection.execute(statement, params).fetchall()


def broken_pages(connection: sqlite3.Connection, file: str, beat: Beat) -> Iterator[Finding]:
    """What `PRAGMA integrity_check` finds in the file: pages, rows and indexes that do not fit together."""
    stopped: list[BaseException] = []

    def go_on() -> int:
        try:
            beat()
        except BaseException as error:
            stopped.append(error)
        return len(stopped)

    connection.set_progress_handler(go_on, STEPS)
    try:
        lines = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({MOST_LINES})")]
    except sqlite3.DatabaseError as error:
        if stopped:
            raise stopped[0] from None
        lines = [str(error)]
    finally:
        connection.set_progress_handler(None, 0)
    yield from (Finding("corrupt-pages", f"{file}: {line}") for line in lines if line != "ok")


def shown(stream: object) -> str:
    try:
        return str(UUID(str(stream)))
    except ValueError:
        return repr(stream)[:80]
