"""Merges of customers, direct or through other customers, followed at query time.

A row stays with the customer it was recorded under. A query about a customer also finds the rows of everyone merged into them,
and a count of customers counts survivors; so unmerging restores the earlier answers. Queries stay fast, because few customers
are merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Executable,
    FromClause,
    Row,
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
"""The read models with the merges."""

Customers = Select[Any] | BindParameter[Any]
"""Customer ids in a query: a subquery, or a parameter bound when the query runs."""

EVERYONE: BindParameter[Any] = bindparam("everyone", type_=Uuid(), expanding=True)

AnyRow = Row[*tuple[Any, ...]]

Wholes = Mapping[UUID, Sequence[UUID]]
"""By customer: their own id, then the ids of everyone merged into them."""

AT_ONCE = 4096


def same_customer(customer_id: UUID) -> Select[Any]:
    """The ids of the customer and everyone merged into them; for an id that is not a customer's, only that id."""
    return _line(literal(customer_id, Uuid()))


def of_customer(column: ColumnElement[UUID]) -> Rule:
    """A rule: the column has the filter's customer, or one merged into them."""
    return lambda customer_id: column.in_(same_customer(customer_id))


def _line(first: ColumnElement[UUID]) -> Select[Any]:
    line = select(first.label("customer_id")).cte(recursive=True)
    line = line.union(select(customers.c.customer_id).where(customers.c.merged_into == line.c.customer_id))
    return select(line.c.customer_id)


def merged_into(connection: Connection, customer_id: UUID) -> list[UUID]:
    """Everyone merged into the customer, directly or through others, in the order of their ids."""
    return parts_of(connection, [customer_id]).get(customer_id, [])


def of_everyone(connection: Connection, query: Executable, customer_ids: Collection[UUID]) -> Iterator[AnyRow]:
    """The rows of a query about `EVERYONE`. It may run several times, each time for some of the customers."""
    ids = list(customer_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        # Lists of few lengths make few texts of a statement, so the database can keep each prepared.
        length = 1 << (len(some) - 1).bit_length()
        yield from connection.execute(query, {EVERYONE.key: some + some[:1] * (length - len(some))})


def of_wholes(connection: Connection, query: Executable, wholes: Wholes) -> dict[UUID, list[AnyRow]]:
    """By customer, the rows of everyone. The first column of the query is the customer that a row belongs to."""
    by_part: dict[UUID, list[AnyRow]] = defaultdict(list)
    for row in of_everyone(connection, query, {id for everyone in wholes.values() for id in everyone}):
        by_part[row[0]].append(row)
    return {whole: [row for id in everyone if id in by_part for row in by_part[id]] for whole, everyone in wholes.items()}


def _parts() -> Select[Any]:
    column = customers.c
    first = select(column.merged_into.label("whole"), column.customer_id).where(column.merged_into.in_(EVERYONE))
    line = first.cte(recursive=True)
    line = line.union(select(line.c.whole, column.customer_id).where(column.merged_into == line.c.customer_id))
    return select(line.c.whole, line.c.customer_id).order_by(line.c.customer_id)


# This query runs for every customer that is read or listed, so it is built once.
_PARTS = _parts()


def parts_of(connection: Connection, customer_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """By customer: the ids of everyone merged into them, directly or through others. Customers without a merge are left out."""
    found: dict[UUID, list[UUID]] = {}
    for whole, customer_id in of_everyone(connection, _PARTS, customer_ids):
        found.setdefault(whole, []).append(customer_id)
    return found


def wholes_of(condition: Callable[[FromClause], ColumnElement[bool]]) -> Select[Any]:
    """The ids of everyone into whom merged customers that meet the condition were merged, directly or through others."""
    part, above = customers.alias(), customers.alias()
    line = (
        select(part.c.merged_into.label("customer_id"))
        .where(part.c.merged_into.is_not(None), condition(part))
        .cte(recursive=True)
    )
    further = select(above.c.merged_into).join(line, above.c.customer_id == line.c.customer_id)
    return select(line.union(further.where(above.c.merged_into.is_not(None))).c.customer_id)


def merges() -> CTE:
    """(customer_id, whole): every merged customer, with each customer they were merged into, directly or through others."""
    step = select(customers.c.customer_id, customers.c.merged_into.label("whole"))
    line = step.where(customers.c.merged_into.is_not(None)).cte(recursive=True)
    further = select(line.c.customer_id, customers.c.merged_into).join(customers, customers.c.customer_id == line.c.whole)
    return line.union(further.where(customers.c.merged_into.is_not(None)))


def survivors() -> CTE:
    """(customer_id, survivor): every merged customer, and the customer who survives in the end."""
    line = merges()
    last = select(line.c.customer_id, line.c.whole.label("survivor")).join(customers, customers.c.customer_id == line.c.whole)
    return last.where(customers.c.merged_into.is_(None)).cte()


def survivors_among(connection: Connection, customer_ids: Collection[UUID]) -> set[UUID]:
    """The customers, each merged one replaced by the customer who survives in the end. An unknown id stays as it is."""
    query = select(customers.c.customer_id, customers.c.merged_into).where(customers.c.customer_id.in_(customer_ids))
    found = {row.customer_id: row.merged_into for row in connection.execute(query)}
    merged = {into for into in found.values() if into is not None}
    return {id for id in customer_ids if found.get(id) is None} | (survivors_among(connection, merged) if merged else set())


def merged_and_survivors() -> CompoundSelect[Any]:
    """The ids of all merged customers and of their survivors: the customers with an answer that differs from their own row."""
    merged = survivors()
    return select(merged.c.customer_id).union(select(merged.c.survivor))


def survivor_of(merged: CTE, customer_id: ColumnElement[UUID]) -> ColumnElement[UUID]:
    """The survivor of a customer, or the customer if not merged, in a query with an outer join of `survivors`."""
    return func.coalesce(merged.c.survivor, customer_id, type_=Uuid()).label("customer_id")


def whole_customers(connection: Connection) -> dict[UUID, list[UUID]]:
    """By survivor: their own id, then the ids of everyone merged into them. Customers without a merge are left out."""
    merged = survivors()
    found: dict[UUID, list[UUID]] = {}
    query = select(merged.c.customer_id, merged.c.survivor).order_by(merged.c.survivor, merged.c.customer_id)
    for customer_id, survivor in connection.execute(query):
        found.setdefault(survivor, [survivor]).append(customer_id)
    return found
