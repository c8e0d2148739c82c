"""channel_sales: what orders sold, returned and brought in, by channel and day.

One narrow row for every event that moved an order's figures holds the difference it made, so any period is a sum, and an
order's rows add up to what the order stands at (`order_book.figures`). The definitions are Shopify's
(https://help.shopify.com/manual/reports-and-analytics/shopify-reports/report-types/sales-report):

* gross = price × quantity before discounts, tax, shipping and returns, on the day the order was placed. Lines come to what
  was recorded when they were placed; where prices include tax, it is taken out.
* net = gross − discounts − returns, without tax and shipping. total = net + tax + charges.
* returns are the sold value of goods that came back, on the day they came, and of lines that were cancelled, on the day they
  were. Cancelling a whole order returns all that is left of it, its tax and charges too, that day; reopening takes this
  back. Reversing a return takes it back on the day of the reversal.
* an amendment counts on its own day, as the difference to what was agreed before.
* cash net = captured − refunded − charged back, on the days the money moved.
* cancelled and unpaid orders count as orders; test orders count nowhere; gift cards are no sale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Date, Index, MetaData, Select, Table, Text, Uuid, func, select

from domain.sales.order.placing import Placed
from domain.shared.events import Recorded
from domain.shared.money import from_minor_units
from projections.sales.order_book import NOTHING, ORDER_EVENTS, ORDER_TYPES, Book, Figures, figures
from projections.shared.occurred import Days, midnight, own_day
from projections.shared.projection import Delivery, Projection
from projections.shared.ratios import Ratio, ratio
from projections.shared.rows import Row, Rows

metadata = MetaData()

QUARTER = 900

sales_orders = Table(
    "sales_orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
)
sales = Table(
    "channel_sales",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("currency", Text, nullable=False),
    # Quarters of an hour since 1970, UTC: every time zone's days begin with one.
    Column("quarter", BigInteger),
    Column("day", Date),
    Column("orders", BigInteger, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in Figures._fields),
)
Index("ix_channel_sales_quarter", sales.c.quarter)
Index("ix_channel_sales_day", sales.c.day)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, ORDER_EVENTS)]
    known = rows.load(sales_orders, {recorded.stream for recorded in mine})
    books = {id: Book.taken_up(id, row["state"]) for id, row in known.items()}
    sums = {id: figures(book) for id, book in books.items()}
    moved = []
    for recorded in mine:
        book = books.setdefault(recorded.stream, Book(recorded.stream))
        book.fold(recorded)
        before, sums[book.id] = sums.get(book.id, NOTHING), figures(book)
        difference = sums[book.id].less(before)
        if not book.facts().test and (difference != NOTHING or isinstance(recorded.event, Placed)):
            moved.append(_sale(book, recorded, difference))
    rows.save(sales_orders, [{"order_id": id, "state": book.put_down()} for id, book in books.items()])
    rows.insert(sales, moved)


def _sale(book: Book, recorded: Recorded, difference: Figures) -> Row:
    day = own_day(recorded.metadata)
    return {
        "order_id": book.id,
        "position": recorded.position,
        "channel": book.facts().channel,
        "currency": book.currency,
        "quarter": quarter(recorded.metadata.occurred_at) if day is None else None,
        "day": day,
        "orders": 1 if isinstance(recorded.event, Placed) else 0,
        **difference._asdict(),
    }


def quarter(at: datetime) -> int:
    return int(at.timestamp() // QUARTER)


# How it is queried

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = ("day", "week", "month")
Group = Literal["channel", "day", "week", "month"]


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one group; `channel` or `period` (its first day) is None where the report does not group by it."""

    channel: str | None
    period: date | None
    currency: str
    orders: int
    gross: Decimal
    discounts: Decimal
    returns: Decimal
    net: Decimal
    tax: Decimal
    charges: Decimal
    total: Decimal
    captured: Decimal
    refunded: Decimal
    charged_back: Decimal
    cash_net: Decimal
    average_order: Ratio


class Question(Days, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`; None is any channel, any currency."""

    by: tuple[Group, ...] = ()
    channel: str | None = None
    currency: str | None = None


def period_of(by: Sequence[str]) -> Period | None:
    """The kind of period that is among the groups."""
    return next((period for period in PERIODS if period in by), None)


def report(connection: Connection, question: Question) -> list[Sales]:
    """Sales on these days, by currency and as asked; groups without a fact are left out."""
    by_channel, by_period, zone = "channel" in question.by, period_of(question.by), question.zone
    groups: dict[tuple[str | None, date | None, str], list[int]] = {}
    for row in _summed(connection, question, by_day=by_period is not None):
        period = first_day(day_of_row(row, zone), by_period) if by_period else None
        group = (row["channel"] if by_channel else None, period, row["currency"])
        amounts = [int(row[name]) for name in ("orders", *Figures._fields)]
        groups[group] = [a + b for a, b in zip(groups.get(group, [0] * len(amounts)), amounts, strict=True)]
    ordered = sorted(groups.items(), key=lambda item: (item[0][1] or date.min, item[0][0] or "", item[0][2]))
    return [_sales(*group, orders, Figures(*amounts)) for group, (orders, *amounts) in ordered]


def first_day(day: date, period: Period) -> date:
    """The first day of the day's period; weeks begin on Monday (ISO 8601)."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def day_of_row(row: Row, zone: tzinfo) -> date:
    own: date | None = row["day"]
    return own or datetime.fromtimestamp(row["quarter"] * QUARTER, zone).date()


def _summed(connection: Connection, question: Question, *, by_day: bool) -> Iterable[Row]:
    """Sums by channel and currency, and with `by_day` also by quarter of an hour, or own day."""
    table = sales.c
    first, end = (quarter(midnight(day, question.zone)) for day in (question.from_, question.to))
    for column, low, high in ((table.quarter, first, end), (table.day, question.from_, question.to)):
        sums = [func.sum(table[name]).label(name) for name in ("orders", *Figures._fields)]
        key = (table.channel, table.currency, column) if by_day else (table.channel, table.currency)
        query: Select[tuple[object, ...]] = select(*key, *sums).where(column >= low, column < high).group_by(*key)
        if question.channel is not None:
            query = query.where(table.channel == question.channel)
        if question.currency is not None:
            query = query.where(table.currency == question.currency)
        for row in connection.execute(query).mappings():
            yield {"day": None, "quarter": None, **row}


def _sales(channel: str | None, period: date | None, currency: str, orders: int, sums: Figures) -> Sales:
    amounts = {name: from_minor_units(value, currency) for name, value in sums._asdict().items()}
    net = from_minor_units(sums.net, currency)
    return Sales(
        channel=channel,
        period=period,
        currency=currency,
        orders=orders,
        **amounts,
        net=net,
        total=net + amounts["tax"] + amounts["charges"],
        cash_net=amounts["captured"] - amounts["refunded"] - amounts["charged_back"],
        average_order=average_order(amounts["gross"] - amounts["discounts"], orders, currency),
    )


def average_order(sold: Decimal, orders: int, currency: str) -> Ratio:
    return ratio(sold, orders, currency, "(gross - discounts) / orders placed", "no order was placed")


channel_sales = Projection(name="channel_sales", version=2, tables=(sales_orders, sales), apply=apply, reads=ORDER_TYPES)
