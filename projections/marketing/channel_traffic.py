"""channel_traffic: traffic and cost of a channel, one row per day and source.

A row holds the last report of its source, because ad platforms correct their figures later. Figures of several sources are
added up: each source is assumed to count visits that no other source counts. The date is the source's own, and the same in
every time zone.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Date, Index, Integer, Select, Text, Uuid, func, select

from domain.marketing.channel import ChannelDay, CostRecorded, TrafficRecorded
from domain.shared.events import Recorded
from domain.shared.money import from_minor_units, minor_units
from projections.shared.pages import Order, Page, page
from projections.shared.registers import register
from projections.shared.rows import Row
from projections.shared.tables import table

COUNTS = ("visits", "visitors", "impressions", "clicks")

channel_days = table(
    "channel_days",
    Column("channel_day_id", Uuid, primary_key=True),
    Column("channel_id", Uuid, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("source", Text, nullable=False),
    *(Column(name, BigInteger) for name in COUNTS),
    # The cost in minor units.
    Column("cost", BigInteger),
    Column("currency", Text),
)
Index("ix_channel_days_channel", channel_days.c.channel_id, channel_days.c.date)
Index("ix_channel_days_date", channel_days.c.date)

# How events change it


def _after(before: Row, recorded: Recorded) -> Row:
    event: Any = recorded.event
    begun = dict.fromkeys((*COUNTS, "cost", "currency")) | {
        "channel_id": recorded.metadata.subject,
        "channel": event.code,
        "date": event.date,
        "source": event.source,
    }
    return (before or begun) | _figures(event)


def _figures(event: TrafficRecorded | CostRecorded) -> Row:
    if isinstance(event, CostRecorded):
        return {"cost": minor_units(event.amount, event.currency), "currency": event.currency}
    return {name: getattr(event, name) for name in COUNTS}


# How it is queried


class Counts(NamedTuple):
    """Sums of the recorded counts; None if no count is recorded."""

    visits: int | None = None
    visitors: int | None = None
    impressions: int | None = None
    clicks: int | None = None

    def plus(self, other: Counts) -> Counts:
        return Counts(*(_plus(mine, theirs) for mine, theirs in zip(self, other, strict=True)))


def _plus(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def days(
    connection: Connection,
    channel_id: UUID,
    *,
    from_: date | None = None,
    to: date | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """The channel's days from `from_` to before `to`, in order, with a row for each source. Raises MalformedCursor."""
    query = select(channel_days).where(channel_days.c.channel_id == channel_id, *_within(from_, to))
    found = page(connection, query, Order(channel_days.c.date, channel_days.c.channel_day_id), limit, cursor)
    return found._replace(rows=[_opened(row) for row in found.rows])


def traffic(connection: Connection, from_: date, to: date) -> dict[tuple[str, date], Counts]:
    """Counts by channel and date, summed over all sources."""
    table = channel_days.c
    counts = [func.sum(table[name]).label(name) for name in COUNTS]
    query: Select[Any] = (
        select(table.channel, table.date, *counts).where(*_within(from_, to)).group_by(table.channel, table.date)
    )
    return {
        (row["channel"], row["date"]): Counts(*(None if row[name] is None else int(row[name]) for name in COUNTS))
        for row in connection.execute(query).mappings()
    }


def costs(connection: Connection, from_: date, to: date) -> dict[tuple[str, date, str], Decimal]:
    """Costs by channel, date and currency, summed over all sources; days without a cost are left out."""
    table = channel_days.c
    key = (table.channel, table.date, table.currency)
    query = select(*key, func.sum(table.cost)).where(table.cost.is_not(None), *_within(from_, to)).group_by(*key)
    return {
        (channel, day, currency): from_minor_units(int(cost), currency)
        for channel, day, currency, cost in connection.execute(query)
    }


def _within(from_: date | None, to: date | None) -> list[ColumnElement[bool]]:
    table = channel_days.c
    after = [] if from_ is None else [table.date >= from_]
    return after if to is None else [*after, table.date < to]


def _opened(row: Row) -> Row:
    cost = None if row["cost"] is None else from_minor_units(row["cost"], row["currency"])
    return {name: value for name, value in row.items() if name != "channel_id"} | {"cost": cost}


channel_traffic = register(channel_days, 1, ChannelDay.events, _after, name="channel_traffic")
