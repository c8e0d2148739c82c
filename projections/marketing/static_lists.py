"""static_lists: lists that were put together by hand, and who is on them.

A membership is the list's own fact, told of many customers at a time, so its row belongs to the list: a command on a thousand
customers is one event on one partition, and a list as of any moment follows from its own events. Who was erased meanwhile is
known by a row of their own, and left out when asked; whoever was merged stands with who is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Select, Table, Uuid, func, select

from domain.customers.customer.events import Erased
from domain.marketing.static_list import Created, MembersAdded, MembersRemoved, Retired, StaticList
from domain.shared.events import Event, Recorded, type_name
from projections.customers.customers import customers
from projections.customers.merging import left_of, survivors
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

LIST_EVENTS: tuple[type[Event], ...] = tuple(StaticList.events)

list_rows = Table(
    "static_lists",
    metadata,
    Column("list_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", SORTED_TEXT, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)
list_members = Table(
    "static_list_members",
    metadata,
    Column("list_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("added_at", Instant, nullable=False),
    Column("since", BigInteger, nullable=False),
)
erased_customers = Table("static_list_erased", metadata, Column("customer_id", Uuid, primary_key=True))

# How events change it

Member = tuple[UUID, UUID]


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, LIST_EVENTS)]
    known = rows.load(list_rows, {recorded.stream for recorded in mine})
    members: dict[Member, Row | None] = {}
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
        members |= _members(recorded)
    rows.save(list_rows, list(known.values()))
    rows.remove(list_members, [member for member, row in members.items() if row is None])
    rows.save(list_members, [row for row in members.values() if row is not None])
    erased = frozenset[UUID]().union(*(d.here for d in batch if d.recorded.event.erases()))
    rows.save(erased_customers, [{"customer_id": id} for id in erased])


def _after(row: Row, recorded: Recorded) -> Row:
    at = recorded.metadata.occurred_at
    told: Row = {"list_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    match recorded.event:
        case Created(name=name):
            told |= {"name": name, "created_at": at, "retired_at": None}
        case Retired():
            told["retired_at"] = at
    return row | told


def _members(recorded: Recorded) -> dict[Member, Row | None]:
    """Who is on the list by this event, and, with None, who is not."""
    match recorded.event:
        case MembersAdded(customer_ids=ids):
            return {(recorded.stream, id): _member(recorded, id) for id in ids}
        case MembersRemoved(customer_ids=ids):
            return dict.fromkeys((recorded.stream, id) for id in ids)
    return {}


def _member(recorded: Recorded, customer_id: UUID) -> Row:
    return {
        "list_id": recorded.stream,
        "customer_id": customer_id,
        "added_at": recorded.metadata.occurred_at,
        "since": recorded.position,
    }


# How it is queried

_THERE = list_members.c.customer_id.not_in(select(erased_customers.c.customer_id))


def _counted() -> Select[Any]:
    """Lists, each with how many members it has, without those who were erased."""
    merged = survivors()
    member = left_of(merged, list_members.c.customer_id)
    joined = list_members.outerjoin(merged, merged.c.customer_id == list_members.c.customer_id)
    return _with(select(func.count(member.distinct())).select_from(joined))


def _with(members: Select[Any]) -> Select[Any]:
    here = (list_members.c.list_id == list_rows.c.list_id) & _THERE
    return select(list_rows, members.where(here).correlate(list_rows).scalar_subquery().label("members"))


def get(connection: Connection, list_id: UUID) -> Row | None:
    return _one(connection, _counted(), list_id)


def as_it_was(connection: Connection, list_id: UUID) -> Row | None:
    """The list by its own events alone, where everyone is counted for themselves."""
    return _one(connection, _with(select(func.count()).select_from(list_members)), list_id)


def _one(connection: Connection, query: Select[Any], list_id: UUID) -> Row | None:
    row = connection.execute(query.where(list_rows.c.list_id == list_id)).mappings().first()
    return None if row is None else dict(row)


def listing(connection: Connection, *, retired: bool | None = None, limit: int = 50, cursor: str | None = None) -> Page:
    """Lists in the order of their names. Raises MalformedCursor."""
    query = _counted()
    if retired is not None:
        ended = list_rows.c.retired_at
        query = query.where(ended.is_not(None) if retired else ended.is_(None))
    return page(connection, query, Order(list_rows.c.name, list_rows.c.list_id), limit, cursor)


def members(connection: Connection, list_id: UUID, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Who is on the list, in the order of their ids; who was erased is not. Raises MalformedCursor.

    Whoever was merged stands with who is left, who is on it since the first of them is.
    """
    row, merged = list_members.c, survivors()
    member = left_of(merged, row.customer_id)
    since = (func.min(row.added_at, type_=row.added_at.type).label("added_at"), func.min(row.since).label("since"))
    joined = list_members.outerjoin(merged, merged.c.customer_id == row.customer_id)
    here = select(member, *since).select_from(joined).where(row.list_id == list_id, _THERE).group_by(member).subquery()
    id = customers.c.customer_id
    return page(connection, select(here).join(customers, id == here.c.customer_id), Order(id, id), limit, cursor)


static_lists = Projection(
    name="static_lists",
    version=1,
    tables=(list_rows, list_members, erased_customers),
    apply=apply,
    reads=frozenset({*map(type_name, LIST_EVENTS), type_name(Erased)}),
)
