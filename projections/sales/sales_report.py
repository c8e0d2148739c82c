"""Sales by channel, product, category and period: sums over `product_sales`, with its definitions.

Goods only: tax, charges and payments belong to no product; they are in the report on channel sales. Groups are computed one
period after another, so a page reads only the rows of its own periods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection

from domain.shared.money import from_minor_units
from projections.sales import sales_groups
from projections.sales.channel_sales import average_order
from projections.sales.product_sales import AMOUNTS, MILLION
from projections.sales.sales_cursor import Place, read, written
from projections.shared import exact
from projections.shared.ratios import Ratio, ratio
from projections.shared.reports import Days, Period, period_of

Group = Literal["day", "week", "month", "channel", "product", "category"]
Sort = Literal["net", "gross", "units", "orders", "returns"]

OWN = ("channel", "product", "category")


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one group. Groupings that were not asked for are None; `product` is also None for amounts of no line.

    `name` is the name of the product; if it had several names, the alphabetically last one.
    """

    period: date | None
    currency: str
    channel: str | None
    product: str | None
    name: str | None
    category: str | None
    orders: int
    units: Decimal
    units_returned: Decimal
    gross: Decimal
    discounts: Decimal
    returns: Decimal
    net: Decimal
    average_order: Ratio
    average_price: Ratio
    return_rate: Ratio


class Question(Days, frozen=True, kw_only=True):
    """Sales on days from `from_` to before `to` in `zone`, with these values. None means any value.

    `top` keeps the first groups by `sort` in each period and currency; without it, all groups are in the order of their values.
    """

    by: tuple[Group, ...] = ()
    channel: str | None = None
    product: str | None = None
    category: str | None = None
    currency: str | None = None
    sort: Sort = "net"
    top: int | None = None

    @property
    def period(self) -> Period | None:
        return period_of(self.by)

    @property
    def own(self) -> list[str]:
        return [name for name in OWN if name in self.by]


class SalesPage(NamedTuple):
    """Some groups; `next` is the cursor of the next page, None on the last page."""

    groups: list[Sales]
    next: str | None


def page(connection: Connection, question: Question, *, limit: int, cursor: str | None = None) -> SalesPage:
    """The first groups after the cursor, at most `limit` of them. Raises MalformedCursor."""
    found = list(islice(_groups(connection, question, cursor, limit + 1), limit + 1))
    return SalesPage(found[:limit], written(question, _place(question, found[limit - 1])) if len(found) > limit else None)


def report(connection: Connection, question: Question, *, cursor: str | None = None) -> Iterator[Sales]:
    """All groups after the cursor, with sales or returns, by currency and the groupings asked for. Raises MalformedCursor."""
    return _groups(connection, question, cursor, None)


def _groups(connection: Connection, question: Question, cursor: str | None, most: int | None) -> Iterator[Sales]:
    """The groups after the cursor; of each period at least `most`, if it has so many."""
    place = None if cursor is None else read(question, cursor)
    for period in sales_groups.periods(connection, question, place and place.period):
        after = place if place and place.period == period.first else None
        if question.top is None:
            for row in sales_groups.in_order(connection, question, period, after and after.values, most):
                yield _sales(period.first, row)
        else:
            yield from _best(connection, question, period, after)


def _best(connection: Connection, question: Question, period: sales_groups.Part, after: Place | None) -> Iterator[Sales]:
    """The largest groups of each currency in the period."""
    found = [_sales(period.first, row) for row in sales_groups.best(connection, question, period)]
    for group in sorted(found, key=lambda group: _rank(_place(question, group))):
        if after is None or _rank(_place(question, group)) > _rank(after):
            yield group


def _rank(place: Place) -> tuple[object, ...]:
    currency, size, *own = place.values
    return currency, -Decimal(size), own


def _place(question: Question, group: Sales) -> Place:
    """The group's values in the order of groups within a period; with `top`, its size comes after its currency."""
    own = [getattr(group, name) or "" for name in question.own]
    size = [] if question.top is None else [str(getattr(group, question.sort))]
    return Place(group.period, (group.currency, *size, *own))


def _sales(period: date | None, row: Mapping[str, Any]) -> Sales:
    unit, orders, product = row["currency"], int(row["orders"]), row.get("product")
    gross, discounts, returns = (from_minor_units(exact.joined(row, name), unit) for name in AMOUNTS)
    units, units_returned = (
        Decimal(exact.joined(row, name)) + Decimal(exact.joined(row, f"{name}_part")) / MILLION
        for name in ("units", "units_returned")
    )
    return Sales(
        period=period,
        currency=unit,
        channel=row.get("channel"),
        product=product,
        name=None if product is None else row["name"],
        category=row.get("category"),
        orders=orders,
        units=units,
        units_returned=units_returned,
        gross=gross,
        discounts=discounts,
        returns=returns,
        net=gross - discounts - returns,
        average_order=average_order(gross - discounts, orders, unit),
        average_price=ratio(gross - discounts, units, unit, "(gross - discounts) / units", "nothing was sold"),
        return_rate=ratio(returns, gross - discounts, "share", "returns / (gross - discounts)", "nothing was sold"),
    )
