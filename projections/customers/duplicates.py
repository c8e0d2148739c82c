"""Possible duplicates: customers with the same contact value, computed from `customer_contacts` at query time.

The contacts of merged customers count for their survivor, so customers who were merged are not duplicates of each other.
Erased customers have no contacts left.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, Subquery, and_, select

from projections.customers.customers import customer_contacts, customers
from projections.customers.merging import survivor_of, survivors
from projections.shared.pages import Order, Page, page


def duplicates(connection: Connection, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Customers, the latest registered first, each with the ids of possible duplicates and the kinds of contact they share.

    Raises MalformedCursor.
    """
    pairs = _pairs()
    shared = select(customers.c.customer_id, customers.c.registered_at).where(
        customers.c.customer_id.in_(select(pairs.c.customer_id))
    )
    found = page(connection, shared, Order(customers.c.registered_at, customers.c.customer_id, descending=True), limit, cursor)
    of: dict[UUID, dict[UUID, list[str]]] = {row["customer_id"]: {} for row in found.rows}
    query = select(pairs).where(pairs.c.customer_id.in_(of)).distinct().order_by(pairs.c.other, pairs.c.kind)
    for customer_id, other, kind in connection.execute(query):
        of[customer_id].setdefault(other, []).append(kind)
    rows = [
        {
            "customer_id": row["customer_id"],
            "registered_at": row["registered_at"],
            "duplicates": [{"customer_id": other, "same": kinds} for other, kinds in of[row["customer_id"]].items()],
        }
        for row in found.rows
    ]
    return found._replace(rows=rows)


def _pairs() -> Subquery:
    """(customer_id, other, kind): two survivors, and a kind in which they or customers merged into them share a value."""
    one, other = _held().subquery(), _held().subquery()
    same = and_(one.c.kind == other.c.kind, one.c.value == other.c.value, one.c.customer_id != other.c.customer_id)
    return select(one.c.customer_id, other.c.customer_id.label("other"), one.c.kind).join(other, same).subquery()


def _held() -> Select[Any]:
    """Every contact, by the survivor of its customer."""
    merged, contacts = survivors(), customer_contacts.c
    held = select(survivor_of(merged, contacts.customer_id), contacts.kind, contacts.value)
    return held.outerjoin(merged, merged.c.customer_id == contacts.customer_id)
