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
from datetime import UTC, date, tzinfo
from decimal import Decimal

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Date, Index, Select, Text, Uuid, func, select

from domain.sales.order.placing import Placed
from domain.shared.events import Recorded
from domain.shared.money import from_minor_units
from projections.sales.order_book import NOTHING, ORDER_EVENTS, Book, Figures, figures
from projections.sales.order_turns import states, turns
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.ratios import Ratio, ratio
from projections.shared.reports import Days, Period, dated, day_of_row, first_day, inside
from projections.shared.rows import Row, Rows
from projections.shared.tables import columns, table

sales_orders = states("sales_orders")
sales = table(
    "channel_sales",
    Column("order_id", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    *columns(Text, "channel", "currency", nullable=False),
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
    moved = []
    for book, recorded, before, now in turns(sales_orders, figures, NOTHING, own(batch, ORDER_EVENTS), rows):
        difference = now.less(before)
        if difference != NOTHING or isinstance(recorded.event, Placed):
            moved.append(_sale(book, recorded, difference))
    rows.insert(sales, moved)


def _sale(book: Book, recorded: Recorded, difference: Figures) -> Row:
    return {
        "order_id": book.id,
        "position": recorded.position,
        "channel": book.facts().channel,
        "currency": book.currency,
        **dated(recorded.metadata),
        "orders": 1 if isinstance(recorded.event, Placed) else 0,
        **difference._asdict(),
    }


# How it is queried


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


def report(
    connection: Connection,
    *,
    from_: date,
    to: date,
    by_channel: bool = True,
    by_period: Period | None = None,
    zone: tzinfo = UTC,
    channel: str | None = None,
    currency: str | None = None,
) -> list[Sales]:
    """Sales on days from `from_` to before `to` in `zone`, by currency and as asked; groups without a fact are left out."""
    groups: dict[tuple[str | None, date | None, str], list[int]] = {}
    for row in _summed(connection, from_, to, zone, channel, currency, by_day=by_period is not None):
        period = first_day(day_of_row(row, zone), by_period) if by_period else None
        group = (row["channel"] if by_channel else None, period, row["currency"])
        amounts = [int(row[name]) for name in ("orders", *Figures._fields)]
        groups[group] = [a + b for a, b in zip(groups.get(group, [0] * len(amounts)), amounts, strict=True)]
    ordered = sorted(groups.items(), key=lambda item: (item[0][1] or date.min, item[0][0] or "", item[0][2]))
    return [_sales(*group, orders, Figures(*amounts)) for group, (orders, *amounts) in ordered]


def _summed(
    connection: Connection, from_: date, to: date, zone: tzinfo, channel: str | None, currency: str | None, *, by_day: bool
) -> Iterable[Row]:
    """Sums by channel and currency, and with `by_day` also by quarter of an hour, or own day."""
    table = sales.c
    for column, within in inside(table, Days(from_=from_, to=to, zone=zone)):
        sums = [func.sum(table[name]).label(name) for name in ("orders", *Figures._fields)]
        key = (table.channel, table.currency, column) if by_day else (table.channel, table.currency)
        query: Select[tuple[object, ...]] = select(*key, *sums).where(within).group_by(*key)
        if channel is not None:
            query = query.where(table.channel == channel)
        if currency is not None:
            query = query.where(table.currency == currency)
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


channel_sales = Projection(
    name="channel_sales", version=2, tables=(sales_orders, sales), apply=apply, reads=types(*ORDER_EVENTS)
)
