"""Who was merged into whom, also by way of others, followed when asked.

A row stays with the customer it was recorded under. What is asked of somebody is asked of everyone who was merged into them,
and what counts customers counts those who are left; so unmerging gives the earlier answers. The merged are few among many.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Uuid,
    bindparam,
    func,
    literal,
    select,
)

from projections.customers.customers import customers
from projections.shared.lists import Rule

READ = ("customer_view",)
"""The read models that say who was merged."""

Customers = Select[Any] | BindParameter[Any]
"""Ids of customers for a query to look for: another query, or what is given to it when it is asked."""

EVERYONE: BindParameter[Any] = bindparam("everyone", type_=Uuid(), expanding=True)


def same_customer(customer_id: UUID) -> Select[Any]:
    """The ids of the customer and everyone merged into them; of an id that is no customer's, the id."""
    return _line(literal(customer_id, Uuid()))


def of_customer(column: ColumnElement[UUID]) -> Rule:
    """The filter's customer, or one who was merged into them."""
    return lambda customer_id: column.in_(same_customer(customer_id))


def _line(first: ColumnElement[UUID]) -> Select[Any]:
    line = select(first.label("customer_id")).cte(recursive=True)
    line = line.union(select(customers.c.customer_id).where(customers.c.merged_into == line.c.customer_id))
    return select(line.c.customer_id)


# Asked with every customer, so it is put together once.
_MERGED_INTO = _line(bindparam("customer", type_=Uuid()))


def merged_into(connection: Connection, customer_id: UUID) -> list[UUID]:
    """Everyone who was merged into the customer."""
    found = connection.execute(_MERGED_INTO, {"customer": customer_id}).scalars()
    return sorted(id for id in found if id != customer_id)


def survivors() -> CTE:
    """(customer_id, survivor): everyone who was merged, and who is left of them."""
    step = select(customers.c.customer_id, customers.c.merged_into.label("survivor"))
    line = step.where(customers.c.merged_into.is_not(None)).cte(recursive=True)
    further = select(line.c.customer_id, customers.c.merged_into).join(customers, customers.c.customer_id == line.c.survivor)
    line = line.union(further.where(customers.c.merged_into.is_not(None)))
    last = select(line).join(customers, customers.c.customer_id == line.c.survivor).where(customers.c.merged_into.is_(None))
    return last.cte()


def parts_of_others() -> CompoundSelect[Any]:
    """Everyone who was merged, and who is left of them: all who are more than one row, or none of their own."""
    merged = survivors()
    return select(merged.c.customer_id).union(select(merged.c.survivor))


def left_of(merged: CTE, customer_id: ColumnElement[UUID]) -> ColumnElement[UUID]:
    """Who is left of a customer, in a query that joins `survivors` from the outside."""
    return func.coalesce(merged.c.survivor, customer_id, type_=Uuid()).label("customer_id")


def whole_customers(connection: Connection) -> dict[UUID, list[UUID]]:
    """By everyone into whom somebody was merged and who is left: all who make them up, themselves first."""
    merged = survivors()
    found: dict[UUID, list[UUID]] = {}
    query = select(merged.c.customer_id, merged.c.survivor).order_by(merged.c.survivor, merged.c.customer_id)
    for customer_id, survivor in connection.execute(query):
        found.setdefault(survivor, [survivor]).append(customer_id)
    return found
