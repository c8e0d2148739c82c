"""A backup's tables in an event store on PostgreSQL. Everything goes through COPY, row by row, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row, tuple_row

from commands.shared.commit import StoreUnavailable
from infra.backup.contents import Row
from infra.backup.tables import NotEmpty
from infra.event_store import compact, postgres_keys, postgres_terms, store_format
from infra.event_store.postgres import CONNECTION, PostgresRecorder
from infra.event_store.postgres_commit import WRITER_LOCK
from infra.event_store.rows import RESTORING_MARKER
from infra.event_store.sqlite_identity import POSITIONS
from infra.event_store.terms import Term

PORTION = 5000
"""How many events one statement reads. A statement that runs for long would keep PostgreSQL from removing old rows."""
Reading = tuple[str, Sequence[str]]
ROWS: Mapping[str, Reading] = {
    "markers": ('SELECT name, value FROM markers ORDER BY name COLLATE "C"', ("text", "bytea")),
    "subject_keys": ("SELECT uuid_send(subject), wrapped FROM subject_keys ORDER BY subject", ("bytea", "bytea")),
    "subject_links": (
        "SELECT uuid_send(subject), uuid_send(other) FROM subject_links ORDER BY subject_links.other, subject_links.subject",
        ("bytea", "bytea"),
    ),
    "claims": (
        'SELECT register, number, uuid_send(holder) FROM claims ORDER BY register COLLATE "C", number COLLATE "C"',
        ("text", "text", "bytea"),
    ),
    "counters": (
        f"SELECT register, next FROM counters WHERE register <> '{POSITIONS}' ORDER BY register COLLATE \"C\"",
        ("text", "int8"),
    ),
    "receipts": (
        "SELECT scope, key, digest, position, answer, floor(extract(epoch FROM at))::int8 FROM receipts"
        ' ORDER BY scope COLLATE "C", key',
        ("text", "bytea", "bytea", "int8", "bytea", "int8"),
    ),
}
EVENTS = (
    "SELECT notification_id, uuid_send(originator_id), originator_version, coalesce(topic, ''), coalesce(state, '')"
    " FROM stored_events WHERE notification_id > {after}{upto} ORDER BY notification_id LIMIT {portion}"
)
EVENT_TYPES = ("int8", "bytea", "int8", "text", "bytea")
COLUMNS: Mapping[str, Reading] = {
    "markers": ("name, value", ("text", "bytea")),
    "subject_keys": ("subject, wrapped", ("uuid", "bytea")),
    "subject_links": ("subject, other", ("uuid", "uuid")),
    "claims": ("register, number, holder", ("text", "text", "uuid")),
    "counters": ("register, next", ("text", "int8")),
    "receipts": ("scope, key, digest, position, answer, at", ("text", "bytea", "bytea", "int8", "bytea", "timestamptz")),
    "stored_events": (
        "notification_id, originator_id, originator_version, topic, state",
        ("int8", "uuid", "int8", "text", "bytea"),
    ),
    "event_index": ("term, position", ("int8", "int8")),
    "event_terms": (", ".join(postgres_terms.COLUMNS), ("int8",) * len(postgres_terms.COLUMNS)),
}
STATE = (
    "SELECT EXISTS (SELECT FROM stored_events) OR EXISTS (SELECT FROM subject_keys) AS used,"
    " EXISTS (SELECT FROM markers WHERE name = %s) AS unfinished"
)
"""Whether the store is in use, and whether it is what a restore left that was killed before its end."""
CONVERTED: Mapping[str, Callable[[Any], object]] = {
    "uuid": lambda value: UUID(bytes=value),
    "timestamptz": lambda value: datetime.fromtimestamp(value, UTC),
}
GIVEN = (
    "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('stored_events', 'notification_id')::regclass), 0) AS given,"
    " coalesce(max(notification_id), 0) AS head FROM stored_events"
)


class PostgresMoment:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        row = connection.execute(GIVEN).fetchone()
        assert row
        self.head: int = row["head"]
        self.given: int = max(row["given"], row["head"])

    @property
    def markers(self) -> Mapping[str, bytes]:
        return {str(name): bytes(value) for name, value in self.rows("markers")}

    def rows(self, table: str) -> Iterator[Row]:
        return _copied(self._connection, sql.SQL(ROWS[table][0]), ROWS[table][1])


class PostgresSource:
    def __init__(self, url: str) -> None:
        self._connection = _connected(url)

    @contextmanager
    def moment(self) -> Iterator[PostgresMoment]:
        connection = self._connection
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            with _explained(), connection.transaction():
                store_format.refuse_other(postgres_keys.read_format(connection))
                found = connection.execute("SELECT to_regclass('stored_events') AS events").fetchone()
                if not (found and found["events"]):
                    raise StoreUnavailable("the database has no event store")
                yield PostgresMoment(connection)
        finally:
            if not connection.closed:
                connection.isolation_level, connection.read_only = None, None

    def events(self, upto: int) -> Iterator[Row]:
        return _events(self._connection, upto)

    def close(self) -> None:
        self._connection.close()


class PostgresTarget:
    """Everything is in one transaction. Until it is committed, a marker keeps the place from being opened."""

    def __init__(self, url: str) -> None:
        recorder = PostgresRecorder(url)
        try:
            recorder.create()
        finally:
            recorder.close()
        self._connection = _connected(url)
        self._connection.autocommit = False
        self._was_empty = False
        with _explained():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER_LOCK])
            state = self._connection.execute(STATE, [RESTORING_MARKER]).fetchone()
            assert state
            if state["used"] and not state["unfinished"]:
                self.close()
                raise NotEmpty("the database has an event store: restore only into an empty database")
            self._was_empty = not state["used"]
            self._connection.execute("INSERT INTO markers VALUES (%s, '') ON CONFLICT DO NOTHING", [RESTORING_MARKER])
            self._connection.commit()
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER_LOCK])
            self._connection.execute(f"TRUNCATE {', '.join(COLUMNS)}, batches, contacts")

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        if table == "stored_events":
            rows = [(*row[:-1], compact.dump(row[-1])) for row in rows]
        converting = [CONVERTED.get(type) for type in COLUMNS[table][1]]
        self._copy(
            table,
            [
                tuple(convert(value) if convert else value for convert, value in zip(converting, row, strict=True))
                for row in rows
            ],
        )

    def insert_terms(self, terms: Sequence[tuple[int, Sequence[Term]]]) -> None:
        self._copy("event_terms", postgres_terms.rows(terms))
        self._copy("event_index", postgres_terms.wide_rows(terms))

    def rows(self, table: str) -> Iterator[Row]:
        if table == "stored_events":
            return _events(self._connection, None)
        return _copied(self._connection, sql.SQL(ROWS[table][0]), ROWS[table][1])

    def finish(self) -> None:
        with _explained():
            self._connection.commit()
        self._connection.close()

    def close(self) -> None:
        if self._was_empty and not self._connection.closed:
            with _explained():
                self._connection.rollback()
                self._connection.execute("DELETE FROM markers WHERE name = %s", [RESTORING_MARKER])
                self._connection.commit()
        self._connection.close()

    def _copy(self, table: str, rows: Sequence[Row]) -> None:
        columns, types = COLUMNS[table]
        statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)"
        with _explained(), self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)


def _events(connection: psycopg.Connection[Any], upto: int | None) -> Iterator[Row]:
    bound = sql.SQL("") if upto is None else sql.SQL(" AND notification_id <= {}").format(upto)
    after = 0
    while True:
        count = 0
        statement = sql.SQL(EVENTS).format(after=after, upto=bound, portion=PORTION)
        for *place, state in _copied(connection, statement, EVENT_TYPES):
            count, after = count + 1, place[0]
            yield (*place, compact.load(state))
        if count < PORTION:
            return


def _copied(connection: psycopg.Connection[Any], query: sql.SQL | sql.Composed, types: Sequence[str]) -> Iterator[Row]:
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(query)
    with _explained(), connection.cursor(row_factory=tuple_row) as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        yield from copy.rows()


def _connected(url: str) -> psycopg.Connection[Any]:
    with _explained():
        return psycopg.Connection.connect(make_conninfo(url, **CONNECTION), autocommit=True, row_factory=dict_row)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise StoreUnavailable(str(error)) from error
