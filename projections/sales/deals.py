"""deals: the current state of every deal, for lists and for single deals."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Date, Text, Uuid

from domain.customers.customer import events as customer
from domain.sales.deal.deal import Deal
from domain.sales.deal.events import AmountChanged, CloseDateChanged, Lost, Opened, Reopened, StageChanged, Won
from domain.shared.events import Recorded
from domain.shared.money import from_minor_units, minor_units
from projections.shared import entries
from projections.shared.entry import Entry
from projections.shared.lists import Listing, Rule
from projections.shared.occurred import own_day
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import SORTED, columns

DEALS = entries.entries(
    "deal",
    "deals",
    Column("number", SORTED_TEXT, nullable=False, info=SORTED),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("lead_id", Uuid, index=True),
    *columns(Text, "pipeline", "stage", nullable=False),
    Column("amount", BigInteger, info=SORTED),
    Column("currency", Text),
    Column("expected_close", Date, info=SORTED),
    Column("status", Text, nullable=False),
    Column("opened_at", Instant, nullable=False, info=SORTED),
    Column("opened_on", Date),
    Column("staged_at", Instant, nullable=False),
    Column("won_at", Instant),
    Column("won_on", Date),
    Column("order_id", Uuid),
    Column("lost_at", Instant),
    Column("lost_reason", Text),
    Column("last_activity_at", Instant, nullable=False, info=SORTED),
)
WIN = ("won_at", "won_on", "order_id")
LOSS = ("lost_at", "lost_reason")
deal_rows = DEALS.rows

# How events change it


def _fold(entry: Entry, recorded: Recorded) -> None:
    at = recorded.metadata.occurred_at
    entry.row |= {"last_activity_at": max(entry.row["last_activity_at"] or at, at)} | _changes(entry.row, recorded)


def _changes(row: Row, recorded: Recorded) -> Row:
    """The changed columns. A stage or an end that is recorded again keeps its first moment; reopening clears an end."""
    event, at, own = recorded.event, recorded.metadata.occurred_at, own_day(recorded.metadata)
    match event:
        case Opened():
            names = ("number", "customer_id", "lead_id", "pipeline", "stage", "expected_close", "owner")
            facts = {name: getattr(event, name) for name in names}
            return facts | _worth(event) | {"status": "open", "opened_at": at, "opened_on": own, "staged_at": at}
        case StageChanged():
            return {"stage": event.stage, "staged_at": min(row["staged_at"], at) if event.stage == row["stage"] else at}
        case AmountChanged():
            return _worth(event)
        case CloseDateChanged():
            return {"expected_close": event.expected_close}
        case Won():
            first = row["won_at"] is None or at < row["won_at"]
            won = {"won_at": at, "won_on": own} if first else {}
            return dict.fromkeys(LOSS) | won | {"status": "won", "order_id": event.order_id}
        case Lost():
            return dict.fromkeys(WIN) | {
                "status": "lost",
                "lost_at": min(row["lost_at"] or at, at),
                "lost_reason": event.reason,
            }
        case Reopened():
            return dict.fromkeys((*WIN, *LOSS)) | {"status": "open"}
    return {}


def _worth(event: Opened | AmountChanged) -> Row:
    amount, currency = event.amount, event.currency
    units = None if amount is None or currency is None else minor_units(amount, currency)
    return {"amount": units, "currency": currency}


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Deals that match all of these; None matches any. Day ranges are half-open; the days of opening are in `zone`."""

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


def _shown(row: Row) -> Row:
    units, currency = row["amount"], row["currency"]
    return row | {"amount": None if units is None or currency is None else from_minor_units(units, currency)}


RULES: dict[str, Rule] = {
    "expected_from": lambda day: deal_rows.c.expected_close >= day,
    "expected_to": lambda day: deal_rows.c.expected_close < day,
}
LISTED: Listing[Filter, Sort] = DEALS.listing(Filter, "opened_at", show=_shown, rules=RULES)
get, listing = LISTED.get, LISTED.listing

deals = DEALS.projection(6, Deal.events, _fold, customer.Erased)
