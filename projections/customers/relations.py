"""customer_relations: relations between customers: the people of a firm, a household, a parent, a partner.

A row belongs to the customer that the relation was recorded for, not to the other one, and is deleted when that customer is
erased. Queries compute whether a relation holds today, and follow merges.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Select,
    Text,
    Uuid,
    exists,
    func,
    or_,
    select,
)

from domain.customers.customer.events import Erased
from domain.customers.customer.relation_events import RelationAdded, RelationEnded, RelationRole
from domain.shared.events import Event, Recorded
from projections.customers.customer_list import named
from projections.customers.customers import customers
from projections.customers.merging import READ as READ_MERGED
from projections.customers.merging import same_customer, survivors
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.rows import Row, Rows
from projections.shared.tables import columns, table

READ = ("customer_relations", *READ_MERGED)
"""The read models that answers are computed from."""

relations = table(
    "customer_relations",
    Column("customer_id", Uuid, primary_key=True),
    Column("relation_id", Uuid, primary_key=True),
    Column("other_id", Uuid, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("primary", Boolean, nullable=False),
    *columns(Date, "since", "until"),
    Column("title", Text),
    Column("position", BigInteger, nullable=False),
)

# How events change it

EVENTS: tuple[type[Event], ...] = (RelationAdded, RelationEnded, Erased)
Key = tuple[UUID, UUID]


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    erased = {id for delivery in batch if isinstance(delivery.recorded.event, Erased) for id in delivery.here}
    mine = own(batch, (RelationAdded, RelationEnded))
    # An erased customer gets no new events, so all of theirs came before the erasure.
    changed = [recorded for recorded in mine if recorded.stream not in erased]
    before = {_key(row): row for row in rows.select(relations, "customer_id", {recorded.stream for recorded in changed})}
    after = dict(before)
    for recorded in changed:
        _fold(after, recorded)
    rows.delete(relations, "customer_id", erased)
    rows.save(relations, [row for key, row in after.items() if before.get(key) != row])


def _key(row: Row) -> Key:
    return row["customer_id"], row["relation_id"]


def _fold(known: dict[Key, Row], recorded: Recorded) -> None:
    match recorded.event:
        case RelationAdded() as added:
            if added.primary:
                _end_primary(known, recorded.stream, added.role)
            known[recorded.stream, added.relation_id] = _row(recorded, added)
        case RelationEnded(relation_id=relation_id, until=until):
            known[recorded.stream, relation_id] = known[recorded.stream, relation_id] | {"until": until}


def _end_primary(known: dict[Key, Row], customer_id: UUID, role: RelationRole) -> None:
    """Unset the primary relation of the customer in this role, because a new one becomes primary."""
    for key, row in known.items():
        if (row["customer_id"], row["role"]) == (customer_id, role):
            known[key] = row | {"primary": False}


def _row(recorded: Recorded, added: RelationAdded) -> Row:
    return {
        "customer_id": recorded.stream,
        "relation_id": added.relation_id,
        "other_id": added.other,
        "role": added.role,
        "primary": added.primary,
        "since": added.since,
        "until": None,
        "title": added.title,
        "position": recorded.position,
    }


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """The relations of a customer that hold on `today`, or with `ended` all that were ever recorded."""

    customer_id: UUID
    today: date
    role: RelationRole | None = None
    ended: bool = False


def listing(connection: Connection, filter: Filter, *, limit: int = 50, cursor: str | None = None) -> Page:
    """The relations of the customer and of everyone merged into them, in both directions, the latest recorded first.

    `who` is, for example, the employee of `whom`; both are survivors of merges. `related` is the other end, seen from the
    filter's customer. `customer_id` is the customer that the relation was recorded for. Raises MalformedCursor.
    """
    everyone = connection.execute(same_customer(filter.customer_id)).scalars().all()
    query = related(filter.role, None if filter.ended else filter.today)
    mine = or_(relations.c.customer_id.in_(everyone), relations.c.other_id.in_(everyone))
    order = Order(relations.c.position, relations.c.relation_id, descending=True)
    found = page(connection, query.where(mine), order, limit, cursor)
    related_to = named(connection, [_other_end(row, everyone) for row in found.rows])
    return found._replace(rows=[_shown(row, related_to[_other_end(row, everyone)]) for row in found.rows])


def related(role: RelationRole | None, today: date | None) -> Select[tuple[UUID, ...]]:
    """Relations in this role (None: any) that hold on the day (None: that were ever recorded), with both ends.

    `who` is, for example, the employee of `whom`; both are survivors of merges. Relations between two customers who were merged
    with each other, and relations to an erased customer, are left out.
    """
    one, other, row = survivors().alias("one"), survivors().alias("other"), relations.c
    owner = func.coalesce(one.c.survivor, row.customer_id, type_=Uuid())
    related_to = func.coalesce(other.c.survivor, row.other_id, type_=Uuid())
    erased = exists().where(customers.c.customer_id == related_to, customers.c.erased_at.is_not(None))
    query = (
        select(relations, owner.label("who"), related_to.label("whom"))
        .outerjoin(one, one.c.customer_id == row.customer_id)
        .outerjoin(other, other.c.customer_id == row.other_id)
        .where(owner != related_to, ~erased)
    )
    if role is not None:
        query = query.where(row.role == role)
    return query if today is None else query.where(_holds(today))


def _holds(today: date) -> ColumnElement[bool]:
    since, until = relations.c.since, relations.c.until
    return or_(since.is_(None), since <= today) & or_(until.is_(None), until > today)


def _other_end(row: Row, everyone: Collection[UUID]) -> UUID:
    return UUID(str(row["whom"] if row["customer_id"] in everyone else row["who"]))


def _shown(row: Row, related: Row) -> Row:
    return {name: value for name, value in row.items() if name != "other_id"} | {"related": related}


customer_relations = Projection(name="customer_relations", version=1, tables=(relations,), apply=apply, reads=types(*EVENTS))
