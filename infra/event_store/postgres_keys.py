"""The wrapped keys and markers of an event store on PostgreSQL, on a connection of the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from infra.event_store import store_format
from infra.event_store.rows import SECRET_MARKER, MasterKeyChanged, Rewrapped, master_key_marker
from infra.event_store.vault import KEY_ID

OTHERWISE = f"FROM subject_keys WHERE substr(wrapped, 1, {KEY_ID}) <> %s"


def read_format(connection: Any) -> bytes | None:
    """The store's format; of an empty database, the one that it gets. None if the store names no format."""
    found = connection.execute(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL", [list(store_format.TABLES)]
    )
    tables = {row["name"] for row in found.fetchall()}
    if not tables:
        return store_format.FORMAT
    return read_marker(connection, store_format.MARKER) if "markers" in tables else None


def read_marker(connection: Any, name: str) -> bytes | None:
    row = connection.execute("SELECT value FROM markers WHERE name = %s", [name]).fetchone()
    return None if row is None else bytes(row["value"])


def replace_secret(connection: Any, old: bytes, new: bytes) -> bool:
    statement = "UPDATE markers SET value = %s WHERE name = %s AND value = %s"
    if not connection.execute(statement, [new, SECRET_MARKER, old]).rowcount:
        return False
    connection.execute("INSERT INTO markers VALUES (%s, %s) ON CONFLICT DO NOTHING", [master_key_marker(new[:KEY_ID]), b""])
    return True


def require_master_key(connection: Any, id: bytes) -> None:
    """Raises MasterKeyChanged if another master key wraps the store's secret: new keys need that one."""
    secret = read_marker(connection, SECRET_MARKER)
    if secret is None or secret[:KEY_ID] != id:
        raise MasterKeyChanged


def count_wrapped_otherwise(connection: Any, id: bytes) -> int:
    return int(connection.execute(f"SELECT count(*) AS keys {OTHERWISE}", [id]).fetchone()["keys"])


def wrapped_otherwise(connection: Any, id: bytes, after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
    statement = f"SELECT subject, wrapped {OTHERWISE} AND subject > %s ORDER BY subject LIMIT %s"
    return [(row["subject"], bytes(row["wrapped"])) for row in connection.execute(statement, [id, after, limit]).fetchall()]


def rewrap(connection: Any, keys: Sequence[Rewrapped]) -> None:
    connection.execute(
        "UPDATE subject_keys AS kept SET wrapped = fresh.new"
        " FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS fresh (subject, old, new)"
        " WHERE kept.subject = fresh.subject AND kept.wrapped = fresh.old",
        [list(column) for column in zip(*keys, strict=True)],
    )
