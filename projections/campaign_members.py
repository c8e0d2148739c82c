"""campaign_members: how far each member of a campaign came, and each conversion, for `campaign_effect` to count.

A row belongs to the customer or lead. It follows from all facts that still stand, so a retracted touch, a reversed conversion
and a removal are taken back exactly. Nothing in it is personal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Date, Index, Integer, MetaData, Table, Text, Uuid, select

from domain.campaign_member import Membership, member_id
from domain.events import Recorded
from domain.money import from_minor_units
from projections.member_book import (
    MEMBER_TYPES,
    STAGES,
    Conversion,
    Known,
    MemberBook,
    Stage,
    days_after,
    taken_up,
)
from projections.pages import Order, Page, page
from projections.projection import Delivery, Projection
from projections.rows import Instant, Row, Rows

metadata = MetaData()

members = Table(
    "campaign_members",
    metadata,
    Column("member_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("campaign_id", Uuid, nullable=False),
    Column("customer_id", Uuid),
    Column("lead_id", Uuid),
    Column("variant", Text),
    # When they were targeted, or first touched where they never were.
    Column("started_at", Instant, nullable=False),
    Column("started_on", Date),
    *(Column(f"{stage}_at", Instant) for stage in STAGES),
    Column("converted_at", Instant),
    Column("removed_at", Instant),
    Column("touch_count", Integer, nullable=False),
    Column("irregular", Integer, nullable=False),
)
Index("ix_campaign_members_started", members.c.campaign_id, members.c.started_at, members.c.member_id)
member_states = Table(
    "campaign_member_states",
    metadata,
    Column("member_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
)
conversions = Table(
    "campaign_conversions",
    metadata,
    Column("member_id", Uuid, primary_key=True),
    Column("conversion_id", Text, primary_key=True),
    Column("campaign_id", Uuid, nullable=False, index=True),
    Column("currency", Text),
    Column("value", BigInteger),
    # The shortest attribution window, in days, that holds it; null where it came before the targeting.
    Column("days_after", Integer),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, Membership)]
    ids = {recorded.stream for recorded in mine}
    made = rows.load(members, ids)
    books = {id: taken_up(row["state"]) for id, row in rows.load(member_states, ids).items()}
    before = {id: _conversions(id, book) for id, book in books.items()}
    for recorded in mine:
        made[recorded.stream] = _row(made.get(recorded.stream), recorded)
        _fold(books, recorded)
    rows.save(members, [made[id] | _standing(book) for id, book in books.items()])
    rows.save(member_states, [{"member_id": id, "state": book.put_down()} for id, book in books.items()])
    after = {id: _conversions(id, book) for id, book in books.items()}
    changed = [id for id in books if before.get(id, []) != after[id]]
    rows.delete(conversions, "member_id", [id for id in changed if before.get(id)])
    rows.insert(conversions, [row for id in changed for row in after[id]])


def _fold(books: dict[UUID, MemberBook], recorded: Recorded) -> None:
    if recorded.stream not in books:
        assert isinstance(recorded.event, Membership)
        books[recorded.stream] = MemberBook.begun(recorded.event, recorded.metadata)
    books[recorded.stream].fold(recorded)


def _row(before: Row | None, recorded: Recorded) -> Row:
    return {
        "member_id": recorded.stream,
        "position": recorded.position,
        "version": recorded.version,
        "irregular": (before["irregular"] if before else 0) + len(recorded.metadata.irregular),
    }


def _standing(book: MemberBook) -> Row:
    started = book.started()
    return {
        "campaign_id": book.campaign_id,
        "customer_id": book.customer_id,
        "lead_id": book.lead_id,
        "variant": book.variant,
        "started_at": started.at,
        "started_on": started.own,
        **{f"{stage}_at": at for stage, at in book.reached().items()},
        "converted_at": book.converted(),
        "removed_at": book.removed and book.removed.at,
        "touch_count": len(book.touches) + len(book.conversions),
    }


def _conversions(id: UUID, book: MemberBook) -> list[Row]:
    started = book.started()
    return [
        {
            "member_id": id,
            "conversion_id": conversion_id,
            "campaign_id": book.campaign_id,
            "currency": conversion.currency,
            "value": conversion.value,
            "days_after": days_after(started, conversion.when),
        }
        for conversion_id, conversion in book.conversions.items()
    ]


# How it is queried

Reached = Stage | Literal["converted", "removed"]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Members of a campaign with this variant who reached this stage; None asks for any."""

    campaign_id: UUID
    variant: str | None = None
    stage: Reached | None = None


def listing(
    connection: Connection, filter: Filter, *, descending: bool = False, limit: int = 50, cursor: str | None = None
) -> Page:
    """Members by when they began. Raises MalformedCursor."""
    query = select(members).where(members.c.campaign_id == filter.campaign_id)
    if filter.variant is not None:
        query = query.where(members.c.variant == filter.variant)
    if filter.stage is not None:
        query = query.where(members.c[f"{filter.stage}_at"].is_not(None))
    return page(connection, query, Order(members.c.started_at, members.c.member_id, descending), limit, cursor)


def get(connection: Connection, id: UUID) -> Row | None:
    """One member with every touch and conversion that stands, and the positions of the events they come from."""
    query = select(members, member_states.c.state).join(member_states, member_states.c.member_id == members.c.member_id)
    found = connection.execute(query.where(members.c.member_id == id)).mappings().first()
    if found is None:
        return None
    row = dict(found)
    book = taken_up(row.pop("state"))
    row["touches"] = [_touch(touch) for touch in book.touches]
    row["conversions"] = [_converted(id, conversion, book) for id, conversion in book.conversions.items()]
    return row


def of_customer(connection: Connection, campaign_id: UUID, customer_id: UUID) -> Row | None:
    return get(connection, member_id(campaign_id, customer_id))


def _touch(touch: Known) -> Row:
    shown = msgspec.structs.asdict(touch)
    when = shown.pop("when")
    return shown | {"at": when.at, "on": when.own}


def _converted(conversion_id: str, conversion: Conversion, book: MemberBook) -> Row:
    """With the shortest window, in days, that holds it; None where it came before the targeting."""
    shown = msgspec.structs.asdict(conversion)
    when, units, currency = shown.pop("when"), shown.pop("value"), conversion.currency
    value = None if units is None or currency is None else from_minor_units(units, currency)
    after = days_after(book.started(), when)
    return {"conversion_id": conversion_id} | shown | {"value": value, "at": when.at, "on": when.own, "days_after": after}


campaign_members = Projection(
    name="campaign_members", version=1, tables=(members, member_states, conversions), apply=apply, reads=MEMBER_TYPES
)
