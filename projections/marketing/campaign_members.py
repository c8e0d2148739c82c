"""campaign_members: the stages that each campaign member reached, and each conversion, for `campaign_effect` to count.

A row belongs to the customer or lead. It is computed from all facts that are still valid, so it is exact after a retracted
touch, a reversed conversion or a removal. Nothing in it is personal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, tzinfo
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Date, Index, Integer, Text, Uuid, select

from domain.marketing.campaign_member.events import Membership
from domain.shared.events import Recorded
from domain.shared.money import from_minor_units
from projections.marketing.member_book import (
    BIT,
    MEMBER_EVENTS,
    STAGES,
    Conversion,
    Known,
    Mark,
    MemberBook,
    days_after,
    load,
)
from projections.shared.lists import Listing, flag
from projections.shared.projection import Delivery, Projection, own, progress, types
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import aggregates, columns, table

members = aggregates(
    "campaign_members",
    "member_id",
    Column("campaign_id", Uuid, nullable=False),
    *columns(Uuid, "customer_id", "lead_id"),
    Column("variant", Text),
    # When the member was targeted, or first touched if never targeted.
    Column("started_at", Instant, nullable=False),
    Column("started_on", Date),
    # A bit for each of MARKS.
    Column("reached", Integer, nullable=False),
    # The shortest attribution window, in days, that contains a conversion of the member; null if no window does.
    Column("converted_after", Integer),
    Column("irregular", Integer, nullable=False),
    Column("state", Text, nullable=False),
)
Index("ix_campaign_members_started", members.c.campaign_id, members.c.started_at, members.c.member_id)
# A covering index for a campaign's funnel: counting reads nothing but this index.
Index(
    "ix_campaign_members_reached",
    *(members.c[name] for name in ("campaign_id", "variant", "reached", "converted_after", "started_at", "started_on")),
)
conversions = table(
    "campaign_conversions",
    Column("member_id", Uuid, primary_key=True),
    Column("conversion_id", Text, primary_key=True),
    Column("campaign_id", Uuid, nullable=False, index=True),
    # The member's variant; null if they were never targeted.
    Column("variant", Text),
    Column("currency", Text),
    Column("value", BigInteger),
    # The shortest attribution window, in days, that contains the conversion; null if it came before the targeting.
    Column("days_after", Integer),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = own(batch, (Membership,))
    made = rows.load(members, {recorded.stream for recorded in mine})
    books = {id: load(row["state"]) for id, row in made.items()}
    before = {id: _conversions(id, book) for id, book in books.items()}
    for recorded in mine:
        made[recorded.stream] = progress(made.get(recorded.stream), recorded) | {"member_id": recorded.stream}
        _fold(books, recorded)
    rows.save(members, [made[id] | _columns(book) for id, book in books.items()])
    after = {id: _conversions(id, book) for id, book in books.items()}
    changed = [id for id in books if before.get(id, []) != after[id]]
    rows.delete(conversions, "member_id", [id for id in changed if before.get(id)])
    rows.insert(conversions, [row for id in changed for row in after[id]])


def _fold(books: dict[UUID, MemberBook], recorded: Recorded) -> None:
    if recorded.stream not in books:
        assert isinstance(recorded.event, Membership)
        books[recorded.stream] = MemberBook.begun(recorded.event, recorded.metadata)
    books[recorded.stream].fold(recorded)


def _columns(book: MemberBook) -> Row:
    started = book.started()
    return {
        "campaign_id": book.campaign_id,
        "customer_id": book.customer_id,
        "lead_id": book.lead_id,
        "variant": book.variant,
        "started_at": started.at,
        "started_on": started.own,
        "reached": sum(BIT[mark] for mark in book.marks()),
        "converted_after": min((after for after in _days_after(book) if after is not None), default=None),
        "state": book.dump(),
    }


def _days_after(book: MemberBook) -> list[int | None]:
    started = book.started()
    return [days_after(started, conversion.when) for conversion in book.conversions.values()]


def _conversions(id: UUID, book: MemberBook) -> list[Row]:
    return [
        {
            "member_id": id,
            "conversion_id": conversion_id,
            "campaign_id": book.campaign_id,
            "variant": book.variant,
            "currency": conversion.currency,
            "value": conversion.value,
            "days_after": after,
        }
        for (conversion_id, conversion), after in zip(book.conversions.items(), _days_after(book), strict=True)
    ]


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Members of a campaign with this variant who reached this stage; None matches any.

    Ranges of days are half-open, in `zone`: a member started when they were targeted, or first touched if never targeted.
    """

    campaign_id: UUID
    variant: str | None = None
    stage: Mark | None = None
    removed: bool | None = None
    started_from: date | None = None
    started_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["started_at"]


def get(connection: Connection, id: UUID) -> Row | None:
    """One member with every valid touch and conversion, and the positions of their events."""
    row = connection.execute(select(members).where(members.c.member_id == id)).mappings().first()
    if row is None:
        return None
    book = load(row["state"])
    return _shown(dict(row), book) | {
        "touches": [_touch(touch) for touch in book.touches],
        "conversions": [_converted(id, conversion, book) for id, conversion in book.conversions.items()],
    }


def has(mark: Mark) -> ColumnElement[bool]:
    """Whether a member has the mark."""
    return members.c.reached.bitwise_and(BIT[mark]) != 0


def _shown(row: Row, book: MemberBook) -> Row:
    """The member with the times of each stage, the first conversion and the removal, and the value of all conversions."""
    reached = book.reached()
    instants = {f"{stage}_at": reached.get(stage) for stage in STAGES}
    ends = {"converted_at": book.converted(), "removed_at": book.removed and book.removed.at, "value": _value(book)}
    return {name: value for name, value in row.items() if name not in ("reached", "converted_after", "state")} | instants | ends


LISTED: Listing[Filter, Sort] = Listing(
    members,
    Filter,
    "started_at",
    show=lambda row: _shown(row, load(row["state"])),
    rules={"stage": has, "removed": flag(has("removed"))},
)
listing = LISTED.listing


def _value(book: MemberBook) -> dict[str, Decimal]:
    """The value of all conversions, by currency."""
    sums: dict[str, Decimal] = {}
    for conversion in book.conversions.values():
        if conversion.currency is not None and conversion.value is not None:
            value = from_minor_units(conversion.value, conversion.currency)
            sums[conversion.currency] = sums.get(conversion.currency, Decimal(0)) + value
    return sums


def _touch(touch: Known) -> Row:
    shown = msgspec.structs.asdict(touch)
    when = shown.pop("when")
    return shown | {"at": when.at, "on": when.own}


def _converted(conversion_id: str, conversion: Conversion, book: MemberBook) -> Row:
    """The conversion with the shortest window, in days, that contains it; None if it came before the targeting."""
    shown = msgspec.structs.asdict(conversion)
    when, units, currency = shown.pop("when"), shown.pop("value"), conversion.currency
    value = None if units is None or currency is None else from_minor_units(units, currency)
    after = days_after(book.started(), when)
    return {"conversion_id": conversion_id} | shown | {"value": value, "at": when.at, "on": when.own, "days_after": after}


campaign_members = Projection(
    name="campaign_members", version=2, tables=(members, conversions), apply=apply, reads=types(*MEMBER_EVENTS)
)
