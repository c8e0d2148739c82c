"""deals: every deal as it stands, for lists and for one deal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, tzinfo
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Date, Text, Uuid

from domain.customers.customer import events as customer
from domain.sales.deal.deal import Deal
from domain.sales.deal.events import AmountChanged, CloseDateChanged, Lost, Opened, Reopened, StageChanged, Won
from domain.shared.events import Recorded, type_name
from domain.shared.money import from_minor_units, minor_units
from projections.shared import entries
from projections.shared.entry import Entry
from projections.shared.occurred import own_day, within
from projections.shared.pages import Page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

DEALS = entries.entries(
    "deal",
    "deals",
    Column("number", SORTED_TEXT, nullable=False, index=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("lead_id", Uuid, index=True),
    Column("pipeline", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("amount", BigInteger, index=True),
    Column("currency", Text),
    Column("expected_close", Date, index=True),
    Column("status", Text, nullable=False),
    Column("opened_at", Instant, nullable=False, index=True),
    Column("opened_on", Date),
    Column("staged_at", Instant, nullable=False),
    Column("won_at", Instant),
    Column("won_on", Date),
    Column("order_id", Uuid),
    Column("lost_at", Instant),
    Column("lost_reason", Text),
    Column("last_activity_at", Instant, nullable=False, index=True),
)
WIN = ("won_at", "won_on", "order_id")
LOSS = ("lost_at", "lost_reason")
deal_rows = DEALS.rows

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    entries.apply_to(DEALS, tuple(Deal.events), _fold, batch, rows)


def _fold(entry: Entry, recorded: Recorded) -> None:
    at = recorded.metadata.occurred_at
    entry.row |= {"last_activity_at": max(entry.row["last_activity_at"] or at, at)} | _told(recorded)


def _told(recorded: Recorded) -> Row:
    event, at, own = recorded.event, recorded.metadata.occurred_at, own_day(recorded.metadata)
    match event:
        case Opened():
            names = ("number", "customer_id", "lead_id", "pipeline", "stage", "expected_close", "owner")
            told = {name: getattr(event, name) for name in names}
            return told | _worth(event) | {"status": "open", "opened_at": at, "opened_on": own, "staged_at": at}
        case StageChanged():
            return {"stage": event.stage, "staged_at": at}
        case AmountChanged():
            return _worth(event)
        case CloseDateChanged():
            return {"expected_close": event.expected_close}
        case Won():
            won = {"status": "won", "won_at": at, "won_on": own, "order_id": event.order_id}
            return dict.fromkeys(LOSS) | won
        case Lost():
            return dict.fromkeys(WIN) | {"status": "lost", "lost_at": at, "lost_reason": event.reason}
        case Reopened():
            return dict.fromkeys((*WIN, *LOSS)) | {"status": "open"}
    return {}


def _worth(event: Opened | AmountChanged) -> Row:
    amount, currency = event.amount, event.currency
    units = None if amount is None or currency is None else minor_units(amount, currency)
    return {"amount": units, "currency": currency}


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Deals with all of these; None asks for any. Days are half-open; those of the opening are in `zone`."""

    customer_id: UUID | None = None
    lead_id: UUID | None = None
    number: str | None = None
    status: Literal["open", "won", "lost"] | None = None
    pipeline: str | None = None
    stage: str | None = None
    owner: str | None = None
    team: str | None = None
    currency: str | None = None
    tag: str | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    expected_from: date | None = None
    expected_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["opened_at", "last_activity_at", "expected_close", "amount", "position", "number"]
EQUAL = ("customer_id", "lead_id", "number", "status", "pipeline", "stage", "owner", "team", "currency", "tag")


def listing(
    connection: Connection,
    filter: Filter,
    *,
    sort: Sort = "opened_at",
    descending: bool = True,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Deals with their personal data under `private`. Raises MalformedCursor."""
    row = deal_rows.c
    conditions = entries.equal(DEALS, {name: getattr(filter, name) for name in EQUAL})
    conditions.append(within(row.opened_at, row.opened_on, filter.opened_from, filter.opened_to, filter.zone))
    if filter.expected_from is not None:
        conditions.append(row.expected_close >= filter.expected_from)
    if filter.expected_to is not None:
        conditions.append(row.expected_close < filter.expected_to)
    found = entries.listing(connection, DEALS, conditions, sort=sort, descending=descending, limit=limit, cursor=cursor)
    return found._replace(rows=[_shown(row) for row in found.rows])


def get(connection: Connection, deal_id: UUID) -> Row | None:
    row = entries.get(connection, DEALS, deal_id)
    return None if row is None else _shown(row)


def _shown(row: Row) -> Row:
    units, currency = row["amount"], row["currency"]
    return row | {"amount": None if units is None or currency is None else from_minor_units(units, currency)}


deals = Projection(
    name="deals",
    version=4,
    tables=DEALS.tables,
    apply=apply,
    reads=frozenset(type_name(event) for event in (*Deal.events, customer.Erased)),
)
