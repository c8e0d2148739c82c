"""The wrapped keys and markers of an event store on SQLite, within a transaction of the caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from uuid import UUID

from infra.event_store import store_format
from infra.event_store.rows import SECRET_MARKER, MasterKeyChanged, Rewrapped
from infra.event_store.vault import KEY_ID

WRAPPED = "CAST(wrapped AS BLOB) AS wrapped"
"""The wrapped key as bytes, whatever a damaged row has in its place."""
OTHERWISE = f"FROM subject_keys WHERE substr(wrapped, 1, {KEY_ID}) IS NOT ?"


def read_format(connection: sqlite3.Connection) -> bytes | None:
    """The store's format; of an empty database, the one that it gets. None if the store names no format."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables & set(store_format.TABLES):
        return store_format.FORMAT
    return read_marker(connection, store_format.MARKER) if "markers" in tables else None


def read_marker(connection: sqlite3.Connection, name: str) -> bytes | None:
    row = connection.execute("SELECT value FROM markers WHERE name = ?", [name]).fetchone()
    return None if row is None else bytes(row[0])


def require_master_key(connection: sqlite3.Connection, id: bytes) -> None:
    """Raises MasterKeyChanged if another master key wraps the store's secret: new keys need that one."""
    if (read_marker(connection, SECRET_MARKER) or b"")[:KEY_ID] != id:
        raise MasterKeyChanged


def count_wrapped_otherwise(connection: sqlite3.Connection, id: bytes) -> int:
    return int(connection.execute(f"SELECT count(*) {OTHERWISE}", [id]).fetchone()[0])


def wrapped_otherwise(connection: sqlite3.Connection, id: bytes, after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
    statement = f"SELECT subject, {WRAPPED} {OTHERWISE} AND subject > ? ORDER BY subject LIMIT ?"
    return [(UUID(row[0]), bytes(row[1])) for row in connection.execute(statement, [id, after.hex, limit])]


def rewrap(connection: sqlite3.Connection, keys: Sequence[Rewrapped]) -> None:
    connection.executemany(
        "UPDATE subject_keys SET wrapped = ? WHERE subject = ? AND wrapped = ?",
        [(new, subject.hex, old) for subject, old, new in keys],
    )
