"""The event store's engine on SQLite: the recorder and table of the library eventsourcing, with our own commit.

Every write begins with BEGIN IMMEDIATE: a deferred transaction that has read fails immediately if there is a second writer.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteDatastore,
)

from commands.shared.commit import (
    Committed,
    KeptReceipt,
    NumbersTaken,
    ReceiptsTaken,
    Stale,
    StoreUnavailable,
)
from infra.event_store import compact, sqlite_contacts, sqlite_keys, sqlite_receipts, store_format
from infra.event_store.contacts import ContactRow, ContactRows, Method
from infra.event_store.recording_times import LOOK_BACK, LastWritten, in_order, last_recorded
from infra.event_store.rows import SECRET_MARKER, CommitRows, Rewrapped, master_key_marker, refuse_held
from infra.event_store.sqlite_checks import SqliteChecks
from infra.event_store.sqlite_identity import SqliteIdentity
from infra.event_store.sqlite_keys import WRAPPED
from infra.event_store.sqlite_log import AT_ONCE, INDEX, unavailable_when_unreachable, version_of
from infra.event_store.sqlite_upkeep import SqliteUpkeep
from infra.event_store.vault import KEY_ID

TABLES = (
    "CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, first INTEGER, count INTEGER, head INTEGER,"
    " at TEXT DEFAULT CURRENT_TIMESTAMP)",
    "CREATE TABLE IF NOT EXISTS subject_keys (subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS subject_links (subject TEXT, other TEXT, PRIMARY KEY (other, subject))",
    "CREATE TABLE IF NOT EXISTS claims (register TEXT, number TEXT, holder TEXT, PRIMARY KEY (register, number))",
    "CREATE TABLE IF NOT EXISTS counters (register TEXT PRIMARY KEY, next INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS markers (name TEXT PRIMARY KEY, value BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS receipts (scope TEXT, key BLOB, digest BLOB, position INTEGER, answer BLOB,"
    " at TEXT DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (scope, key))",
    *sqlite_contacts.TABLES,
)
LATEST = f"SELECT CAST(state AS BLOB) FROM stored_events ORDER BY rowid DESC LIMIT {LOOK_BACK}"
TAKEN_ALONG = (
    "WITH RECURSIVE gone (subject) AS (VALUES (?) UNION"
    " SELECT links.subject FROM subject_links AS links JOIN gone ON links.other = gone.subject"
    " WHERE links.subject || links.other NOT IN (SELECT value FROM json_each(?))) SELECT subject FROM gone"
)


class DurableConnectionPool(SQLiteConnectionPool):
    """Connections whose commits are on disk when they return, and which overwrite deleted data."""

    def _create_connection(self) -> SQLiteConnection:
        connection = super()._create_connection()
        connection._sqlite_conn.execute("PRAGMA synchronous = FULL")
        connection._sqlite_conn.execute("PRAGMA secure_delete = ON")
        return connection


class SqliteRecorder(SqliteIdentity, SqliteUpkeep):
    def __init__(self, path: Path, *, lock_timeout: int = 5) -> None:
        self._datastore = SQLiteDatastore(str(path), lock_timeout=lock_timeout)
        self._datastore.pool = DurableConnectionPool(db_name=str(path), lock_timeout=lock_timeout)
        self._library = SQLiteApplicationRecorder(self._datastore)
        self._lock_timeout = lock_timeout
        self._writer = threading.Lock()
        self._written = LastWritten()
        self._keys_in_wal = True

    @unavailable_when_unreachable
    def create(self) -> None:
        with self._writing() as connection:
            store_format.refuse_other(sqlite_keys.read_format(connection))
            for statement in (*TABLES, INDEX):
                connection.execute(statement)
            connection.execute("INSERT OR IGNORE INTO markers VALUES (?, ?)", [store_format.MARKER, store_format.FORMAT])
            self._complete(connection)
        self._library.create_table()
        self._truncate_wal()

    @unavailable_when_unreachable
    def commit(self, rows: CommitRows) -> Committed:
        with self._writing() as connection:
            done = connection.execute("SELECT first, count, head FROM batches WHERE id = ?", [rows.batch.hex]).fetchone()
            if done:
                return Committed(range(done[0], done[0] + done[1]), done[2])
            if rows.keys:
                sqlite_keys.require_master_key(connection, rows.master_key)
            positions, head = self._positions(connection, len(rows.events), rows.seen)
            _refuse_stale(connection, rows)
            refuse_held(rows.asked, sqlite_contacts.holders(connection, rows.asked))
            committed = Committed(positions, positions[-1] if positions else head)
            # The rows are read one by one: nearly always, only the last event.
            last = self._written.at(head) or last_recorded(compact.load(state) for (state,) in connection.execute(LATEST))
            rows = in_order(rows, last)
            _insert(connection, rows, positions, committed)
            self._next = positions.stop
        self._written = self._written.followed_by(rows.events, committed.head)
        self._keys_in_wal = self._keys_in_wal or bool(rows.erased)
        self._truncate_wal()
        return committed

    @unavailable_when_unreachable
    def register(self, contacts: ContactRows, erased: Collection[UUID]) -> None:
        with self._writing() as connection:
            sqlite_contacts.write(connection, contacts)
            sqlite_contacts.erase(connection, erased)

    @unavailable_when_unreachable
    def empty_register(self) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM contacts")

    @unavailable_when_unreachable
    def registered(self, methods: Collection[Method]) -> list[ContactRow]:
        with self._reading() as connection:
            return sqlite_contacts.registered(connection, methods)

    @unavailable_when_unreachable
    def keys(self, subjects: Collection[UUID]) -> dict[UUID, bytes]:
        found: dict[UUID, bytes] = {}
        names = [subject.hex for subject in subjects]
        with self._reading() as connection:
            for start in range(0, len(names), AT_ONCE):
                some = names[start : start + AT_ONCE]
                marks = ",".join("?" * len(some))
                statement = f"SELECT subject, {WRAPPED} FROM subject_keys WHERE subject IN ({marks})"
                found.update((UUID(row[0]), row[1]) for row in connection.execute(statement, some))
        return found

    @unavailable_when_unreachable
    def taken_along(self, subject: UUID, parted: Sequence[tuple[UUID, UUID]] = ()) -> set[UUID]:
        with self._reading() as connection:
            return _taken_along(connection, subject, parted)

    @unavailable_when_unreachable
    def receipts(self, keys: Collection[tuple[str, bytes]]) -> dict[tuple[str, bytes], KeptReceipt]:
        with self._reading() as connection:
            return sqlite_receipts.receipts(connection, keys)

    @unavailable_when_unreachable
    def reserve_numbers(self, register: str, count: int) -> range:
        with self._writing() as connection:
            statement = "INSERT INTO counters VALUES (?, ?) ON CONFLICT (register) DO UPDATE SET next = next + ? RETURNING next"
            after: int = connection.execute(statement, [register, 1 + count, count]).fetchone()[0]
            return range(after - count, after)

    @unavailable_when_unreachable
    def claimed(self, register: str, numbers: Collection[str]) -> set[str]:
        statement = "SELECT 1 FROM claims WHERE register = ? AND number = ?"
        with self._reading() as connection:
            return {number for number in numbers if connection.execute(statement, [register, number]).fetchone()}

    @unavailable_when_unreachable
    def replace_secret(self, old: bytes, new: bytes) -> bool:
        with self._writing() as connection:
            statement = "UPDATE markers SET value = ? WHERE name = ? AND value = ?"
            replaced = connection.execute(statement, [new, SECRET_MARKER, old]).rowcount == 1
            if replaced:
                connection.execute("INSERT OR IGNORE INTO markers VALUES (?, ?)", [master_key_marker(new[:KEY_ID]), b""])
            return replaced

    @unavailable_when_unreachable
    def count_wrapped_otherwise(self, master_key: bytes) -> int:
        with self._reading() as connection:
            return sqlite_keys.count_wrapped_otherwise(connection, master_key)

    @unavailable_when_unreachable
    def wrapped_otherwise(self, master_key: bytes, after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
        with self._reading() as connection:
            return sqlite_keys.wrapped_otherwise(connection, master_key, after, limit)

    @unavailable_when_unreachable
    def rewrap(self, master_key: bytes, keys: Sequence[Rewrapped]) -> None:
        with self._writing() as connection:
            sqlite_keys.require_master_key(connection, master_key)
            sqlite_keys.rewrap(connection, keys)

    def overwrite_replaced(self) -> None:
        self._keys_in_wal = True
        self._truncate_wal()

    def checks(self) -> SqliteChecks:
        return SqliteChecks(self._reading)

    def close(self) -> None:
        self._datastore.close()

    def _truncate_wal(self) -> None:
        """Remove the page with a destroyed key from the write-ahead log. If a reader prevents that, later commits try again."""
        if self._keys_in_wal:
            with suppress(sqlite3.Error, persistence.PersistenceError), self._reading() as connection:
                connection.execute("PRAGMA busy_timeout = 100")
                try:
                    self._keys_in_wal = bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
                finally:
                    connection.execute(f"PRAGMA busy_timeout = {1000 * self._lock_timeout}")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        # Do not register as reader or writer with the pool: if opening a connection fails, the pool never frees its lock.
        pooled = self._datastore.pool.get_connection()
        try:
            yield pooled._sqlite_conn
        finally:
            self._datastore.pool.put_connection(pooled)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if not self._writer.acquire(timeout=self._lock_timeout):
            raise StoreUnavailable("another thread has held the write lock for too long")
        try:
            with self._reading() as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.commit()
                except BaseException:
                    connection.rollback()
                    raise
        finally:
            self._writer.release()


def _refuse_stale(connection: sqlite3.Connection, rows: CommitRows) -> None:
    """Check for every conflict inside the write lock, so that the inserts after it cannot fail."""
    expected = {**{event.stream: event.version - 1 for event in reversed(rows.events)}, **rows.read}
    if stale := {id: true for id, seen in expected.items() if (true := version_of(connection, id)) != seen}:
        raise Stale(stale)
    claimed = "SELECT 1 FROM claims WHERE register = ? AND number = ?"
    if taken := [claim[:2] for claim in rows.claims if connection.execute(claimed, claim[:2]).fetchone()]:
        raise NumbersTaken(taken)
    kept = "SELECT 1 FROM receipts WHERE scope = ? AND key = ?"
    if any(connection.execute(kept, receipt[:2]).fetchone() for receipt in rows.receipts):
        raise ReceiptsTaken


def _insert(connection: sqlite3.Connection, rows: CommitRows, positions: range, committed: Committed) -> None:
    connection.executemany(
        "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?, ?)",
        [
            (position, event.stream.hex, event.version, event.type, compact.dump(event.state))
            for position, event in zip(positions, rows.events, strict=True)
        ],
    )
    connection.executemany(
        "INSERT INTO event_index VALUES (?, ?)",
        [(term.number, position) for position, event in zip(positions, rows.events, strict=True) for term in event.terms],
    )
    connection.execute(
        "INSERT INTO batches (id, first, count, head) VALUES (?, ?, ?, ?)",
        [rows.batch.hex, positions.start, len(positions), committed.head],
    )
    connection.executemany("INSERT INTO subject_keys VALUES (?, ?)", [(subject.hex, raw) for subject, raw in rows.keys])
    connection.executemany(
        "INSERT OR IGNORE INTO subject_links VALUES (?, ?)", [(subject.hex, other.hex) for subject, other in rows.links]
    )
    connection.executemany(
        "DELETE FROM subject_links WHERE subject = ? AND other = ?",
        [(subject.hex, other.hex) for subject, other in rows.parted],
    )
    connection.executemany(
        "INSERT INTO claims VALUES (?, ?, ?)", [(claim.register, claim.number, claim.holder.hex) for claim in rows.claims]
    )
    connection.executemany(
        "INSERT INTO receipts (scope, key, digest, position, answer) VALUES (?, ?, ?, ?, ?)",
        [receipt.values(committed) for receipt in rows.receipts],
    )
    sqlite_contacts.write(connection, rows.contacts)
    for subject, along in rows.erased.items():
        if _taken_along(connection, subject, ()) != along:
            raise Stale({subject: 0})
        gone = [subject, *along]
        connection.executemany("DELETE FROM subject_keys WHERE subject = ?", [[one.hex] for one in gone])
        sqlite_contacts.erase(connection, gone)


def _taken_along(connection: sqlite3.Connection, subject: UUID, parted: Sequence[tuple[UUID, UUID]]) -> set[UUID]:
    without = json.dumps([one.hex + other.hex for one, other in parted])
    return {UUID(row[0]) for row in connection.execute(TAKEN_ALONG, [subject.hex, without])} - {subject}
