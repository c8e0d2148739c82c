"""leads: the current state of every lead, for lists and for single leads.

Also counts of captured and converted leads by channel and day.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, tzinfo
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Date, Text, Uuid, case

from domain.customers.customer import events as customer
from domain.sales.lead.events import Captured, Converted, Erased, Lost, Qualified, Reopened, StageChanged
from domain.sales.lead.lead import Lead
from domain.shared.events import Recorded
from domain.shared.money import from_minor_units, minor_units
from projections.shared import entries, exact
from projections.shared.day_vectors import as_date, days_of
from projections.shared.entry import Entry
from projections.shared.group_vectors import groups
from projections.shared.lists import Listing, flag
from projections.shared.occurred import own_day, within
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import SORTED, columns
from projections.shared.vectors import Codes, by_place, portions

LEADS = entries.entries(
    "lead",
    "leads",
    Column("number", SORTED_TEXT, nullable=False, info=SORTED),
    Column("customer_id", Uuid, index=True),
    *columns(Text, "channel", "origin"),
    Column("campaign_id", Uuid),
    Column("value", BigInteger),
    Column("currency", Text),
    Column("status", Text, nullable=False),
    Column("stage", Text),
    Column("captured_at", Instant, nullable=False, info=SORTED),
    Column("captured_on", Date),
    *columns(Instant, "qualified_at", "converted_at"),
    Column("converted_on", Date),
    Column("converted_value", BigInteger),
    Column("converted_currency", Text),
    *columns(Uuid, "deal_id", "order_id"),
    Column("lost_at", Instant),
    Column("lost_reason", Text),
    Column("erased_at", Instant),
    Column("last_activity_at", Instant, nullable=False, info=SORTED),
)
CONVERSION = ("converted_at", "converted_on", "converted_value", "converted_currency", "deal_id", "order_id")
LOSS = ("lost_at", "lost_reason")
lead_rows = LEADS.rows

# How events change it


def _fold(entry: Entry, recorded: Recorded) -> None:
    event, at = recorded.event, recorded.metadata.occurred_at
    entry.row |= {"last_activity_at": max(entry.row["last_activity_at"] or at, at)} | _changes(entry.row, recorded)
    if isinstance(event, Captured) and event.contact is not None:
        entry.set_personal(contact=msgspec.to_builtins(event.contact))


def _changes(row: Row, recorded: Recorded) -> Row:
    """The changed columns. An end that is recorded again keeps its first moment; reopening clears it."""
    event, at, own = recorded.event, recorded.metadata.occurred_at, own_day(recorded.metadata)
    match event:
        case Captured():
            names = ("number", "customer_id", "channel", "origin", "campaign_id", "currency")
            facts = {name: getattr(event, name) for name in names}
            return facts | {"value": _units(event), "status": "open", "captured_at": at, "captured_on": own}
        case StageChanged():
            return {"stage": event.stage}
        case Qualified():
            return {
                "qualified_at": min(row["qualified_at"] or at, at),
                "status": "qualified" if row["status"] == "open" else row["status"],
            }
        case Converted():
            links = {name: getattr(event, name) for name in ("customer_id", "deal_id", "order_id")}
            money = {"converted_value": _units(event), "converted_currency": event.currency}
            first = row["converted_at"] is None or at < row["converted_at"]
            ended = {"converted_at": at, "converted_on": own} if first else {}
            return dict.fromkeys(LOSS) | links | money | ended | {"status": "converted"}
        case Lost():
            return dict.fromkeys(CONVERSION) | {
                "lost_at": min(row["lost_at"] or at, at),
                "lost_reason": event.reason,
                "status": "lost",
            }
        case Reopened():
            return dict.fromkeys((*CONVERSION, *LOSS)) | {"status": "qualified" if row["qualified_at"] else "open"}
        case Erased():
            return {"erased_at": at}
    return {}


def _units(event: Captured | Converted) -> int | None:
    return None if event.value is None or event.currency is None else minor_units(event.value, event.currency)


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Leads that match all of these; None matches any. Day ranges are half-open, in `zone`.

    `without_origin` are leads whose origin is not known.
    """

    customer_id: UUID | None = None
    campaign_id: UUID | None = None
    number: str | None = None
    status: Literal["open", "qualified", "converted", "lost"] | None = None
    stage: str | None = None
    channel: str | None = None
    origin: str | None = None
    without_origin: bool | None = None
    owner: str | None = None
    team: str | None = None
    tag: str | None = None
    captured_from: date | None = None
    captured_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["captured_at", "last_activity_at", "position", "number"]


def _shown(row: Row) -> Row:
    return row | {
        "value": _amount(row["value"], row["currency"]),
        "converted_value": _amount(row["converted_value"], row["converted_currency"]),
    }


def _amount(units: int | None, currency: str | None) -> Any:
    return None if units is None or currency is None else from_minor_units(units, currency)


LISTED: Listing[Filter, Sort] = LEADS.listing(
    Filter, "captured_at", show=_shown, rules={"without_origin": flag(lead_rows.c.origin.is_(None))}
)
get, listing = LISTED.get, LISTED.listing


class Counts(NamedTuple):
    """The number of leads captured, and how many of these are converted now, even if that was on a later day."""

    captured: int = 0
    converted: int = 0


def by_channel(connection: Connection, from_: date, to: date, zone: tzinfo = UTC) -> dict[tuple[str | None, date], Counts]:
    """Leads captured on days from `from_` to before `to` in `zone`, by channel (None if it is not known) and day."""
    import numpy as np

    row, channels = lead_rows.c, Codes()
    where = (within(row.captured_at, row.captured_on, from_, to, zone),)
    read_columns: dict[str, ColumnElement[Any]] = {"channels": row.channel, "at": row.captured_at, "own": row.captured_on}
    read_columns["converted"] = case((row.status == "converted", 1), else_=0)
    found: defaultdict[tuple[str | None, date], Counts] = defaultdict(Counts)
    for read in portions(connection, read_columns, where, by_place(connection, lead_rows, where)):
        days = groups(channels.of(read["channels"]), days_of(read["at"], read["own"], zone))
        captured = np.bincount(days.of_rows).tolist()
        converted = exact.sums(read["converted"], days.of_rows, days.length).every()
        for (channel, day), *counts in zip(days.keys, captured, converted, strict=True):
            key, more = (channels.texts[channel] or None, as_date(day)), Counts(*counts)
            found[key] = Counts(found[key].captured + more.captured, found[key].converted + more.converted)
    return found


leads = LEADS.projection(6, Lead.events, _fold, customer.Erased)
