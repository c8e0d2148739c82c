"""The sums of the orders of an organisation and its people, computed from the rows of `orders` at query time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, func, select

from domain.customers.customer.relation_events import RelationRole
from domain.shared.money import from_minor_units
from projections.customers import relations as customer_relations
from projections.customers.customers import customers
from projections.customers.merging import same_customer, whole_customers
from projections.customers.relations import relations
from projections.sales.orders import order_rows
from projections.shared.rows import PORTION, Row

READ = ("orders", *customer_relations.READ)
"""The read models that the answer is computed from."""

MUTUAL: Sequence[RelationRole] = ("household", "partner")
"""Roles that hold in both directions, regardless of the customer that the relation was recorded for."""
SUMS = ("orders", "gross", "refunded", "net")

Units = dict[str, dict[str, int]]


def totals(connection: Connection, customer_id: UUID, role: RelationRole, today: date) -> Row | None:
    """Sums of orders by currency: of the customer, of the people in this role to them on that day, and of both together.

    A person with several relations counts once, even if the relations belong to customers who were merged. Test orders are left
    out. None if there is no such customer.
    """
    everyone = connection.execute(same_customer(customer_id)).scalars().all()
    if connection.execute(select(customers.c.customer_id).where(customers.c.customer_id == customer_id)).first() is None:
        return None
    people = _people(connection, everyone, role, today)
    whole = whole_customers(connection) if people else {}
    own, others = _units(connection, everyone), _units(connection, [id for one in people for id in whole.get(one, [one])])
    groups = [_group(currency, own, others) for currency in sorted({*own, *others})]
    return {"customer_id": customer_id, "role": role, "people": len(people), "groups": groups}


def _people(connection: Connection, everyone: Collection[UUID], role: RelationRole, today: date) -> list[UUID]:
    """The customers in this role to the customer; merged ones are replaced by their survivors."""
    query, row = customer_relations.related(role, today), relations.c
    people = {found.who for found in connection.execute(query.where(row.other_id.in_(everyone)))}
    if role in MUTUAL:
        people |= {found.whom for found in connection.execute(query.where(row.customer_id.in_(everyone)))}
    return sorted(people)


def _units(connection: Connection, customer_ids: Sequence[UUID]) -> Units:
    """The number of orders and the sums in minor units, by currency."""
    found: Units = {}
    for start in range(0, len(customer_ids), PORTION):
        row, some = order_rows.c, customer_ids[start : start + PORTION]
        sums = [func.sum(row[name]).label(name) for name in SUMS[1:]]
        query = select(row.currency, func.count().label("orders"), *sums).group_by(row.currency)
        for sum in connection.execute(query.where(row.customer_id.in_(some), row.test.is_(False))).mappings():
            before = found.get(sum["currency"], dict.fromkeys(SUMS, 0))
            found[sum["currency"]] = {name: before[name] + int(sum[name]) for name in SUMS}
    return found


def _group(currency: str, own: Units, theirs: Units) -> Row:
    nothing = dict.fromkeys(SUMS, 0)
    mine, others = own.get(currency, nothing), theirs.get(currency, nothing)
    both = {name: mine[name] + others[name] for name in SUMS}
    parts = {"own": mine, "related": others, "together": both}
    return {"currency": currency} | {name: _money(units, currency) for name, units in parts.items()}


def _money(units: dict[str, int], currency: str) -> Row:
    return {name: value if name == "orders" else from_minor_units(value, currency) for name, value in units.items()}
