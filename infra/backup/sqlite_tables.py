"""A backup's tables in an event store on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from commands.shared.commit import StoreUnavailable
from infra.backup.contents import Row
from infra.backup.tables import Damaged, NotEmpty
from infra.event_store import compact, sqlite_keys, store_format
from infra.event_store.rows import RESTORING_FILE, RESTORING_MARKER
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.sqlite_identity import NEXT, POSITIONS
from infra.event_store.terms import Term
from infra.on_disk import to_disk

SECONDS = 30.0
PORTION = 100


def _id(value: str) -> bytes:
    return UUID(value).bytes


def _text(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: int) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _raw(value: bytes | str) -> bytes:
    # What SQL functions make of a value is a text: see sqlite_log.
    return value.encode() if isinstance(value, str) else bytes(memoryview(value))


def _state(value: bytes | str) -> bytes:
    return compact.load(_raw(value))


Reading = tuple[str, tuple[Callable[..., object], ...]]
ROWS: Mapping[str, Reading] = {
    "markers": ("SELECT name, value FROM markers ORDER BY name", (_text, _raw)),
    "subject_keys": ("SELECT subject, wrapped FROM subject_keys ORDER BY subject", (_id, _raw)),
    "subject_links": ("SELECT subject, other FROM subject_links ORDER BY other, subject", (_id, _id)),
    "claims": ("SELECT register, number, holder FROM claims ORDER BY register, number", (_text, _text, _id)),
    "counters": (f"SELECT register, next FROM counters WHERE register <> '{POSITIONS}' ORDER BY register", (_text, _number)),
    "receipts": (
        "SELECT scope, key, digest, position, answer, CAST(strftime('%s', at) AS INTEGER) FROM receipts ORDER BY scope, key",
        (_text, _raw, _raw, _number, _raw, _number),
    ),
}
EVENTS: Reading = (
    "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events"
    f" WHERE rowid > ? AND rowid <= ? ORDER BY rowid LIMIT {PORTION}",
    (_number, _id, _number, _text, _state),
)
INSERTS = {
    "markers": "INSERT OR REPLACE INTO markers VALUES (?, ?)",
    "subject_keys": "INSERT INTO subject_keys VALUES (?, ?)",
    "subject_links": "INSERT INTO subject_links VALUES (?, ?)",
    "claims": "INSERT INTO claims VALUES (?, ?, ?)",
    "counters": "INSERT INTO counters VALUES (?, ?)",
    "receipts": (
        "INSERT INTO receipts (scope, key, digest, position, answer, at) VALUES (?, ?, ?, ?, ?, datetime(?, 'unixepoch'))"
    ),
    "stored_events": (
        "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?, ?)"
    ),
}
IDS = {"subject_keys": (0,), "subject_links": (0, 1), "claims": (2,), "stored_events": (1,)}
"""The columns with ids, which SQLite keeps as text."""


class SqliteMoment:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.head: int = connection.execute("SELECT coalesce(max(rowid), 0) FROM stored_events").fetchone()[0]
        self.given: int = max(self.head, connection.execute(NEXT, [POSITIONS]).fetchone()[0] - 1)

    @property
    def markers(self) -> Mapping[str, bytes]:
        return {str(name): bytes(value) for name, value in self.rows("markers")}

    def rows(self, table: str) -> Iterator[Row]:
        return _read(self._connection, table, ROWS[table])


class SqliteSource:
    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise StoreUnavailable(f"there is no event store at {path}")
        self._connection = _connected(path)

    @contextmanager
    def moment(self) -> Iterator[SqliteMoment]:
        self._connection.execute("BEGIN")
        try:
            store_format.refuse_other(sqlite_keys.read_format(self._connection))
            yield SqliteMoment(self._connection)
        finally:
            self._connection.rollback()

    def events(self, upto: int) -> Iterator[Row]:
        return _events(self._connection, upto)

    def close(self) -> None:
        self._connection.close()


class SqliteTarget:
    """The file has another name until it is finished. What a killed restore left is removed."""

    def __init__(self, path: Path) -> None:
        self._path, self._unfinished = path, path.with_name(path.name + RESTORING_FILE)
        _remove(self._unfinished)
        if _is_unfinished(path):
            _remove(path)
        # A write-ahead log without its file would become part of the restored one.
        if found := [one for one in _with_siblings(path) if one.exists()]:
            raise NotEmpty(f"{found[0]} exists: restore only into an empty place, and move that file away if nobody needs it")
        recorder = SqliteRecorder(self._unfinished)
        recorder.create()
        recorder.close()
        self._connection = _connected(self._unfinished)
        # A crash makes the whole file worthless anyway, so it needs no journal. It is on disk before it gets its name.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("BEGIN")
        self._connection.execute("DELETE FROM markers")

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        ids = IDS.get(table, ())
        if table == "stored_events":
            rows = [(*row[:-1], compact.dump(row[-1])) for row in rows]
        values = [[value.hex() if at in ids else value for at, value in enumerate(row)] for row in rows]
        self._connection.executemany(INSERTS[table], values)

    def insert_terms(self, terms: Sequence[tuple[int, Sequence[Term]]]) -> None:
        rows = [(term.number, position) for position, of_event in terms for term in of_event]
        self._connection.executemany("INSERT INTO event_index VALUES (?, ?)", rows)

    def rows(self, table: str) -> Iterator[Row]:
        if table == "stored_events":
            return _events(self._connection, None)
        return _read(self._connection, table, ROWS[table])

    def finish(self) -> None:
        self._connection.commit()
        self._connection.close()
        to_disk(self._unfinished)
        self._unfinished.rename(self._path)
        to_disk(self._path.parent)

    def close(self) -> None:
        self._connection.close()
        _remove(self._unfinished)


def _events(connection: sqlite3.Connection, upto: int | None) -> Iterator[Row]:
    last = upto
    if last is None:
        last = connection.execute("SELECT coalesce(max(rowid), 0) FROM stored_events").fetchone()[0]
    after = 0
    while some := list(_read(connection, "stored_events", EVENTS, [after, last])):
        yield from some
        after = some[-1][0]


def _read(connection: sqlite3.Connection, table: str, reading: Reading, given: Sequence[object] = ()) -> Iterator[Row]:
    statement, columns = reading
    try:
        for row in connection.execute(statement, given):
            try:
                yield tuple(read(value) for read, value in zip(columns, row, strict=True))
            except (TypeError, ValueError, AttributeError):
                raise Damaged(f"a row of {table} is damaged: {tuple(row[:3])}") from None
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(str(error)) from error


def _is_unfinished(path: Path) -> bool:
    """Whether the file is what a restore left that was killed before its end."""
    if not path.exists():
        return False
    with closing(_connected(path)) as connection:
        try:
            return sqlite_keys.read_marker(connection, RESTORING_MARKER) is not None
        except sqlite3.Error:
            return False


def _with_siblings(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", "-journal")]


def _remove(path: Path) -> None:
    for one in _with_siblings(path):
        one.unlink(missing_ok=True)


def _connected(path: Path) -> sqlite3.Connection:
    # mode=rw: a missing file is an error, and is not made.
    address = f"file:{quote(str(path.absolute()))}?mode=rw"
    try:
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=SECONDS)
    except sqlite3.Error as error:
        raise StoreUnavailable(str(error)) from error
