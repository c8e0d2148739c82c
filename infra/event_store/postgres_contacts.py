"""The register of contacts on PostgreSQL, on a connection of the caller."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from infra.event_store.contacts import ContactRow, ContactRows, Method

TABLES = (
    "CREATE TABLE IF NOT EXISTS contacts (digest uuid NOT NULL, customer uuid, method uuid, PRIMARY KEY (customer, method))",
    "CREATE INDEX IF NOT EXISTS contacts_digest ON contacts (digest)",
)
ADD = (
    "INSERT INTO contacts (digest, customer, method) SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[])"
    " ON CONFLICT (customer, method) DO UPDATE SET digest = excluded.digest"
)
METHODS = "(customer, method) IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))"


def ask_for_holders(connection: Any, digests: Collection[UUID]) -> Any:
    """Sends the query for (digest, customer) of all who have these contacts."""
    return connection.execute("SELECT digest, customer FROM contacts WHERE digest = ANY(%s)", [list(digests)], prepare=True)


def write(connection: Any, contacts: ContactRows) -> None:
    if contacts.added:
        columns = [[row.digest for row in contacts.added], *_columns([row.method for row in contacts.added])]
        connection.execute(ADD, columns, prepare=True)
    if contacts.removed:
        connection.execute(f"DELETE FROM contacts WHERE {METHODS}", _columns(contacts.removed), prepare=True)


def erase(connection: Any, customers: Collection[UUID]) -> None:
    connection.execute("DELETE FROM contacts WHERE customer = ANY(%s)", [list(customers)], prepare=True)


def registered(connection: Any, methods: Collection[Method]) -> list[ContactRow]:
    found = connection.execute(f"SELECT digest, customer, method FROM contacts WHERE {METHODS}", _columns(methods))
    return [ContactRow(row["digest"], Method(row["customer"], row["method"])) for row in found.fetchall()]


def _columns(methods: Collection[Method]) -> list[list[UUID]]:
    return [[method.customer for method in methods], [method.id for method in methods]]
