"""channel_sales: sales, returns and payments of orders, by channel and day.

One narrow row per event that changed an order's figures, with the difference it made. So any period is a sum, and an
order's rows add up to its current figures (`order_book.figures`). The definitions are Shopify's
(https://help.shopify.com/manual/reports-and-analytics/shopify-reports/report-types/sales-report):

* gross = price × quantity before discounts, tax, shipping and returns, on the day the order was placed. A line has the
  amount that was recorded when it was placed; where prices include tax, the tax of the full price is taken out.
* discounts = those on lines and on the whole order, without tax; at most what the lines cost.
* net = gross − discounts − returns, without tax and shipping. total = net + tax + charges.
* returns = the net of goods that came back, on the day they came back, and of cancelled lines, on the day of the
  cancellation. Cancelling a whole order returns all that is left of it, with its tax and charges, on that day; reopening it
  undoes this. Reversing a return undoes it on the day of the reversal.
* an amendment counts on its own day, as the difference from the terms before it.
* cash net = captured − refunded − charged back, on the days the money moved.
* cancelled and unpaid orders count as orders; test orders are left out; gift cards are not sales.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Literal

from sqlalchemy import BigInteger, Column, Connection, Date, Index, Text, Uuid

from domain.sales.order.placing import Placed
from domain.shared.events import Recorded
from projections.sales.order_book import MOVE_FIGURES, NOTHING, ORDER_EVENTS, Book, Figures, figures
from projections.sales.order_turns import states, turns
from projections.sales.sales_figures import Sales, measures
from projections.shared import exact
from projections.shared.day_vectors import as_date, periods
from projections.shared.figures import Measured
from projections.shared.group_vectors import groups
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.reports import Days, dated, inside, matching, period_of
from projections.shared.rows import Row, Rows
from projections.shared.tables import columns, table
from projections.shared.vectors import Codes, by_place, portions

sales_orders = states("sales_orders")
sales = table(
    "channel_sales",
    Column("order_id", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    *columns(Text, "channel", "currency", nullable=False),
    # Quarters of an hour since 1970, UTC: in every time zone, a day begins at a quarter of an hour.
    Column("quarter", BigInteger),
    Column("day", Date),
    Column("orders", BigInteger, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in Figures._fields),
)
Index("ix_channel_sales_quarter", sales.c.quarter)
Index("ix_channel_sales_day", sales.c.day)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    changes = []
    for book, recorded, before, now in turns(sales_orders, figures, NOTHING, MOVE_FIGURES, own(batch, ORDER_EVENTS), rows):
        difference = now.less(before)
        if difference != NOTHING or isinstance(recorded.event, Placed):
            changes.append(_sale(book, recorded, difference))
    rows.insert(sales, changes)


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

Group = Literal["channel", "day", "week", "month"]

SUMMED = ("orders", *Figures._fields)
CURRENCY = len("EUR")
Part = tuple[tuple[str, date, str], list[int]]
"""A channel, the first day of a period and a currency, and its sums of SUMMED."""


class Question(Days, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`. None means any channel or any currency."""

    by: tuple[Group, ...] = ()
    channel: str | None = None
    currency: str | None = None


def report(connection: Connection, question: Question) -> list[Measured]:
    """Sales on these days, by currency and the groupings asked for. Groups without a sales row are left out."""
    return [Measured(group=_group(question, sums), measures=measures(sums)) for sums in totals(connection, question)]


def _group(question: Question, sums: Sales) -> Mapping[str, str | date | None]:
    values: dict[str, str | date | None] = {name: sums.channel if name == "channel" else sums.period for name in question.by}
    return values | {"currency": sums.currency}


def totals(connection: Connection, question: Question) -> list[Sales]:
    """The same groups as numbers, in the order of their periods, channels and currencies."""
    return added_up(question, sums_of_portions(connection, question))


def added_up(question: Question, parts: Iterable[Sequence[Part]]) -> list[Sales]:
    """The totals, from the sums of portions."""
    by_channel, by_period = "channel" in question.by, period_of(question.by)
    sums: dict[tuple[str | None, date | None, str], list[int]] = {}
    for (channel, first_day, currency), amounts in chain.from_iterable(parts):
        group = channel if by_channel else None, first_day if by_period else None, currency
        sums[group] = [a + b for a, b in zip(sums[group], amounts, strict=True)] if group in sums else amounts
    ordered = sorted(sums.items(), key=lambda item: (item[0][1] or date.min, item[0][0] or "", item[0][2]))
    return [Sales.of(*group, orders, Figures(*amounts)) for group, (orders, *amounts) in ordered]


def sums_of_portions(connection: Connection, question: Question) -> Iterator[Sequence[Part]]:
    """Reads the rows in portions; each group is in all portions that have rows of it."""
    table, codes, period = sales.c, Codes(), period_of(question.by)
    for column, within in inside(table, question):
        where = (within, *matching(table, question, ("channel", "currency")))
        columns = {"codes": table.currency + table.channel, "dated": column}
        columns |= {name: table[name] for name in SUMMED}
        for read in portions(connection, columns, where, by_place(connection, sales, where)):
            days = periods(read["dated"], period, question.zone if column is table.quarter else None)
            found = groups(codes.of(read["codes"]), days)
            sums = [exact.sums(read[name], found.of_rows, found.length).every() for name in SUMMED]
            names = [(codes.texts[code][CURRENCY:], as_date(first), codes.texts[code][:CURRENCY]) for code, first in found.keys]
            yield list(zip(names, map(list, zip(*sums, strict=True)), strict=True))


channel_sales = Projection(
    name="channel_sales", version=4, tables=(sales_orders, sales), apply=apply, reads=types(*ORDER_EVENTS)
)
