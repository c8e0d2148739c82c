"""static_lists: lists of customers that people put together by hand, and their members.

A membership is a fact of the list, recorded for many customers in one event, so its row belongs to the list. A command on a
thousand customers is one event on one partition, and a list as of any moment follows from its own events. Erased customers have
a row in a table of their own, and queries leave them out. A merged customer counts as the survivor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Select, Uuid, func, select

from domain.customers.customer.events import Erased
from domain.segmentation.static_list import Created, MembersAdded, MembersRemoved, Retired, StaticList
from domain.shared.events import Recorded
from projections.customers.customers import customers
from projections.customers.merging import survivor_of, survivors
from projections.shared.lists import Listing
from projections.shared.pages import Order, Page, page
from projections.shared.private import erased_in
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.registers import fold
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates, table

list_rows = aggregates(
    "static_lists",
    "list_id",
    Column("name", SORTED_TEXT, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)
list_members = table(
    "static_list_members",
    Column("list_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("added_at", Instant, nullable=False),
    Column("since", BigInteger, nullable=False),
)
erased_customers = table("static_list_erased", Column("customer_id", Uuid, primary_key=True))

# How events change it

Member = tuple[UUID, UUID]


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = own(batch, StaticList.events)
    fold(list_rows, mine, _changes, rows)
    members: dict[Member, Row | None] = {}
    for recorded in mine:
        members |= _members(recorded)
    rows.remove(list_members, [member for member, row in members.items() if row is None])
    rows.save(list_members, [row for row in members.values() if row is not None])
    rows.save(erased_customers, [{"customer_id": id} for id in erased_in(batch)])


def _changes(row: Row, recorded: Recorded) -> Row:
    at = recorded.metadata.occurred_at
    match recorded.event:
        case Created(name=name):
            return {"name": name, "created_at": at, "retired_at": None}
        case Retired():
            return {"retired_at": at}
    return {}


def _members(recorded: Recorded) -> dict[Member, Row | None]:
    """The memberships that this event sets; None removes one."""
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

_NOT_ERASED = list_members.c.customer_id.not_in(select(erased_customers.c.customer_id))


def _counted() -> Select[Any]:
    """Lists, each with its number of members, without erased customers; a merged customer counts as the survivor."""
    merged = survivors()
    member = survivor_of(merged, list_members.c.customer_id)
    joined = list_members.outerjoin(merged, merged.c.customer_id == list_members.c.customer_id)
    return _with(select(func.count(member.distinct())).select_from(joined))


def _with(members: Select[Any]) -> Select[Any]:
    here = (list_members.c.list_id == list_rows.c.list_id) & _NOT_ERASED
    return select(list_rows, members.where(here).correlate(list_rows).scalar_subquery().label("members"))


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Lists with all of these values; None matches any."""

    retired: bool | None = None


LISTS = Listing[Filter, str](list_rows, Filter, "name", query=_counted())
ALONE = Listing[Filter, str](list_rows, Filter, "name", query=_with(select(func.count()).select_from(list_members)))
get, listing = LISTS.get, LISTS.listing
# The list by its own events only, without merges: every customer counts for themselves.
as_it_was = ALONE.get


def members(connection: Connection, list_id: UUID, *, limit: int = 50, cursor: str | None = None) -> Page:
    """The members of the list in the order of their ids, without erased customers. Raises MalformedCursor.

    A merged customer appears as the survivor, who is a member since the first of them was added.
    """
    row, merged = list_members.c, survivors()
    member = survivor_of(merged, row.customer_id)
    since = (func.min(row.added_at, type_=row.added_at.type).label("added_at"), func.min(row.since).label("since"))
    joined = list_members.outerjoin(merged, merged.c.customer_id == row.customer_id)
    here = select(member, *since).select_from(joined).where(row.list_id == list_id, _NOT_ERASED).group_by(member).subquery()
    id = customers.c.customer_id
    return page(connection, select(here).join(customers, id == here.c.customer_id), Order(id, id), limit, cursor)


static_lists = Projection(
    name="static_lists",
    version=1,
    tables=(list_rows, list_members, erased_customers),
    apply=apply,
    reads=types(*StaticList.events, Erased),
)
