"""campaigns: the plan and progress of each campaign, in lists and one at a time.

A row belongs to the campaign. The figures of its members are computed from the rows of `campaign_members` at query time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Literal, NamedTuple, Unpack
from uuid import UUID

import msgspec
from sqlalchemy import Column, Connection, Date, Integer, Text, select

from domain.marketing.campaign.state import Status
from domain.shared.events import Recorded
from projections.marketing.campaign_book import CAMPAIGN_EVENTS, CampaignBook, profile
from projections.shared.lists import Asked, Listing, among
from projections.shared.occurred import own_day
from projections.shared.pages import Page
from projections.shared.projection import Delivery, Projection, own, progress, types
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import SORTED, aggregates, columns, several

campaign_rows = aggregates(
    "campaigns",
    "campaign_id",
    Column("name", SORTED_TEXT, nullable=False, info=SORTED),
    Column("status", Text, nullable=False),
    *columns(Text, "owner", "team", "currency"),
    Column("attribution_window_days", Integer),
    Column("planned_at", Instant, nullable=False, info=SORTED),
    Column("planned_on", Date),
    Column("irregular", Integer, nullable=False),
    Column("state", Text, nullable=False),
    by_position=True,
)
campaign_tags, campaign_channels = several("campaign", "tag"), several("campaign", "channel")

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = own(batch, CAMPAIGN_EVENTS)
    made = rows.load(campaign_rows, {recorded.stream for recorded in mine})
    books = {id: CampaignBook.load(id, row["state"]) for id, row in made.items()}
    before = {id: _narrow(book) for id, book in books.items()}
    for recorded in mine:
        book = books.setdefault(recorded.stream, CampaignBook(recorded.stream))
        book.fold(recorded)
        made[book.id] = _row(made.get(book.id), recorded)
    rows.save(campaign_rows, [made[id] | _columns(book) for id, book in books.items()])
    _save_narrow(rows, books, {id for id, book in books.items() if before.get(id) != _narrow(book)})


def _row(before: Row | None, recorded: Recorded) -> Row:
    metadata = recorded.metadata
    row = before or {"campaign_id": recorded.stream, "planned_at": metadata.occurred_at, "planned_on": own_day(metadata)}
    return row | progress(before, recorded)


def _columns(book: CampaignBook) -> Row:
    owner, team = book.assignment
    return {
        "name": book.plan["name"],
        "status": book.status,
        "owner": owner,
        "team": team,
        "currency": book.currency,
        "attribution_window_days": book.plan["attribution_window_days"],
        "state": book.dump(),
    }


def _narrow(book: CampaignBook) -> tuple[frozenset[str], frozenset[str]]:
    """The values that have rows of their own: tags and channels."""
    return frozenset(book.tags), frozenset(book.plan["channels"])


def _save_narrow(rows: Rows, books: dict[UUID, CampaignBook], changed: Collection[UUID]) -> None:
    tags = [{"campaign_id": id, "tag": tag} for id in changed for tag in books[id].tags]
    channels = [{"campaign_id": id, "channel": channel} for id in changed for channel in books[id].plan["channels"]]
    rows.replace(campaign_tags, "campaign_id", changed, tags)
    rows.replace(campaign_channels, "campaign_id", changed, channels)


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Campaigns with all of these values; None matches any."""

    status: Status | None = None
    owner: str | None = None
    team: str | None = None
    tag: str | None = None
    channel: str | None = None


Sort = Literal["planned_at", "position", "name"]
OWN = ("campaign_id", "position", "version", "planned_at", "planned_on", "irregular")


LISTED: Listing[Filter, Sort] = Listing(
    campaign_rows,
    Filter,
    "planned_at",
    descending=True,
    rules={
        "tag": among(campaign_tags, campaign_rows.c.campaign_id),
        "channel": among(campaign_channels, campaign_rows.c.campaign_id),
    },
)


def listing(connection: Connection, filter: Filter, now: datetime, **asked: Unpack[Asked[Sort]]) -> Page:
    """Campaigns with their progress until `now`, whose zone decides which day is today. Raises MalformedCursor."""
    return LISTED.listing(connection, filter, show=partial(_shown, now=now), **asked)


def get(connection: Connection, campaign_id: UUID, now: datetime | None = None) -> Row | None:
    """One campaign; its progress includes days passed only if `now` is given."""
    return LISTED.first(connection, LISTED.key == campaign_id, partial(_shown, now=now))


def _shown(row: Row, now: datetime | None) -> Row:
    book = CampaignBook.load(row["campaign_id"], row["state"])
    return {name: row[name] for name in OWN} | profile(book, now)


def books(connection: Connection, campaign_id: UUID | None = None, status: Status | None = None) -> list[CampaignBook]:
    """The state of all campaigns in the order of their names, or only of those with this id and this status."""
    row = campaign_rows.c
    named = [column == value for column, value in ((row.campaign_id, campaign_id), (row.status, status)) if value is not None]
    query = select(row.campaign_id, row.state).where(*named).order_by(row.name, row.campaign_id)
    return [CampaignBook.load(id, state) for id, state in connection.execute(query)]


class Planned(NamedTuple):
    """The facts of a campaign that a report needs; `spent` is by currency, `shares` are the planned ones by variant."""

    campaign_id: UUID
    name: str
    currency: str | None
    attribution_window_days: int | None
    expected_conversion_difference: Decimal | None
    variants: tuple[str, ...]
    spent: dict[str, Decimal]
    holdout_share: Decimal | None
    shares: dict[str, Decimal | None]


def planned(connection: Connection, campaign_id: UUID | None = None) -> list[Planned]:
    """All campaigns in the order of their names, or only the one with this id."""
    query = select(campaign_rows).order_by(campaign_rows.c.name, campaign_rows.c.campaign_id)
    if campaign_id is not None:
        query = query.where(campaign_rows.c.campaign_id == campaign_id)
    return [_planned(dict(row)) for row in connection.execute(query).mappings()]


def _planned(row: Row) -> Planned:
    book = CampaignBook.load(row["campaign_id"], row["state"])
    terms = book.terms()
    shares = {variant.code: variant.share for variant in terms.variants}
    return Planned(
        campaign_id=row["campaign_id"],
        name=row["name"],
        currency=row["currency"],
        attribution_window_days=row["attribution_window_days"],
        expected_conversion_difference=terms.expected_conversion_difference,
        variants=tuple(shares),
        spent=book.spent_by_currency(),
        holdout_share=terms.holdout_share,
        shares=shares,
    )


campaigns = Projection(
    name="campaigns",
    version=5,
    tables=(campaign_rows, campaign_tags, campaign_channels),
    apply=apply,
    reads=types(*CAMPAIGN_EVENTS),
)
