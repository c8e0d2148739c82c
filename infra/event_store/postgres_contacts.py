"""The register of contacts on PostgreSQL, on a connection of the caller."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from infra.event_store.contacts import ContactRow, ContactRows, Method
from infra.event_store.postgres_inserts import Insert, ids

TABLES = (
    "CREATE TABLE IF NOT EXISTS contacts (digest uuid NOT NULL, customer uuid, method uuid, PRIMARY KEY (customer, method))",
    "CREATE INDEX IF NOT EXISTS contacts_digest ON contacts (digest)",
)
ADD = Insert(
    "contacts",
    {"digest": "uuid", "customer": "uuid", "method": "uuid"},
    "ON CONFLICT (customer, method) DO UPDATE SET digest = excluded.digest",
)
METHODS = "(customer, method) IN (SELECT * FROM unnest(%s::text::uuid[], %s::text::uuid[]))"


def added(contacts: ContactRows) -> list[tuple[UUID, UUID, UUID]]:
    """The rows to insert with ADD."""
    return [(row.digest, row.method.customer, row.method.id) for row in contacts.added]


def write(connection: Any, contacts: ContactRows) -> None:
    if rows := added(contacts):
        connection.execute(ADD.statement, ADD.parameters(rows), prepare=True)
    remove(connection, contacts.removed)


def remove(connection: Any, methods: Collection[Method]) -> None:
    if methods:
        connection.execute(f"DELETE FROM contacts WHERE {METHODS}", _columns(methods), prepare=True)


def erase(connection: Any, customers: Collection[UUID]) -> None:
    connection.execute("DELETE FROM contacts WHERE customer = ANY(%s)", [list(customers)], prepare=True)


def registered(connection: Any, methods: Collection[Method]) -> list[ContactRow]:
    found = connection.execute(f"SELECT digest, customer, method FROM contacts WHERE {METHODS}", _columns(methods))
    return [ContactRow(row["digest"], Method(row["customer"], row["method"])) for row in found.fetchall()]


def _columns(methods: Collection[Method]) -> list[str]:
    return [ids(method.customer for method in methods), ids(method.id for method in methods)]
