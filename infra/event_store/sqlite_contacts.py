"""The register of contacts on SQLite, on a connection of the caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from uuid import UUID

from infra.event_store.contacts import ContactRow, ContactRows, Method

TABLES = (
    # The digest is last: with the key behind it, `PRAGMA integrity_check` of SQLite takes it for NULL.
    "CREATE TABLE IF NOT EXISTS contacts (customer TEXT, method BLOB, digest BLOB NOT NULL, PRIMARY KEY (customer, method))"
    " WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS contacts_digest ON contacts (digest)",
)
ADD = (
    "INSERT INTO contacts (digest, customer, method) VALUES (?, ?, ?)"
    " ON CONFLICT (customer, method) DO UPDATE SET digest = excluded.digest"
)


def holders(connection: sqlite3.Connection, digests: Collection[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """(digest, customer) of all who have these contacts."""
    for digest in digests:
        for (customer,) in connection.execute("SELECT customer FROM contacts WHERE digest = ?", [digest.bytes]):
            yield digest, UUID(customer)


def write(connection: sqlite3.Connection, contacts: ContactRows) -> None:
    connection.executemany(ADD, [(row.digest.bytes, *_key(row.method)) for row in contacts.added])
    connection.executemany("DELETE FROM contacts WHERE customer = ? AND method = ?", map(_key, contacts.removed))


def erase(connection: sqlite3.Connection, customers: Collection[UUID]) -> None:
    connection.executemany("DELETE FROM contacts WHERE customer = ?", [[customer.hex] for customer in customers])


def registered(connection: sqlite3.Connection, methods: Collection[Method]) -> list[ContactRow]:
    statement = "SELECT digest FROM contacts WHERE customer = ? AND method = ?"
    rows = ((method, connection.execute(statement, _key(method)).fetchone()) for method in methods)
    return [ContactRow(UUID(bytes=row[0]), method) for method, row in rows if row]


def _key(method: Method) -> tuple[str, bytes]:
    return method.customer.hex, method.id.bytes
