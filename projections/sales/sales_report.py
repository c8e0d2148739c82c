"""Sales by channel, product, category and period: sums over `product_sales`, with its definitions.

Goods only: tax, charges and payments belong to no product; they are in the report on channel sales. Groups are computed one
period after another, so a page reads only the rows of its own periods.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection

from domain.shared.money import from_minor_units
from projections.sales.channel_sales import average_order
from projections.sales.product_sales import AMOUNTS, MILLION
from projections.sales.sales_cursor import Place, read, written
from projections.sales.sales_groups import Sold, spans
from projections.shared.figures import Figure
from projections.shared.ratios import ratio
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
    average_order: Figure
    average_price: Figure
    return_rate: Figure


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
    found = list(islice(_groups(connection, question, cursor), limit + 1))
    following = written(question, found[limit - 1][1]) if len(found) > limit else None
    return SalesPage([group for group, _ in found[:limit]], following)


def report(connection: Connection, question: Question, *, cursor: str | None = None) -> Iterator[Sales]:
    """All groups after the cursor, with sales or returns, by currency and the groupings asked for. Raises MalformedCursor."""
    return (group for group, _ in _groups(connection, question, cursor))


def _groups(connection: Connection, question: Question, cursor: str | None) -> Iterator[tuple[Sales, Place]]:
    place = None if cursor is None else read(question, cursor)
    for sold in spans(connection, question, place and place.period):
        if question.top is None:
            for group in sold.after(place):
                yield _sales(sold, group), sold.place(group)
        else:
            for group, at in sold.best(question.top):
                if place is None or _rank(at) > _rank(place):
                    yield _sales(sold, group), at


def _rank(place: Place) -> tuple[object, ...]:
    """The order of groups with `top`: the largest ones of a period and currency first."""
    currency, size, *own = place.values
    return place.period or date.min, currency, -int(size), own


def _sales(sold: Sold, group: int) -> Sales:
    period, (unit, *own) = sold.place(group)
    named = dict(zip(sold.question.own, own, strict=True))
    orders, product = sold.orders[group], named.get("product") or None
    gross, discounts, returns = (from_minor_units(sold.sums[name].of(group), unit) for name in AMOUNTS)
    units, units_returned = (
        Decimal(sold.sums[name].of(group)) + Decimal(sold.sums[f"{name}_part"].of(group)) / MILLION
        for name in ("units", "units_returned")
    )
    return Sales(
        period=period,
        currency=unit,
        channel=named.get("channel"),
        product=product,
        name=sold.names[group] if product and sold.names else None,
        category=named.get("category") or None,
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
