"""Sales by channel, product, category and period: sums over `product_sales`, with its definitions.

Goods only: tax, charges and payments belong to no product; they are in the report on channel sales. Groups are computed one
period after another, so a page reads only the rows of its own periods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection

from domain.shared.money import from_minor_units
from projections.sales.product_sales import MILLION
from projections.sales.sales_cursor import Place, read, written
from projections.sales.sales_figures import GOODS, average_order
from projections.sales.sales_groups import SUMMED, Sold, spans
from projections.shared.figures import Figure, Measured, counted, summed
from projections.shared.ratios import ratio
from projections.shared.reports import Days, Period, period_of

Group = Literal["day", "week", "month", "channel", "product", "category"]
Sort = Literal["net", "gross", "units", "orders", "returns"]

OWN = ("channel", "product", "category")


ORDERS = "orders placed in this currency with such a line; cancelled and unpaid ones count, test orders do not"
UNITS = {
    "units": "quantity ordered",
    "units_returned": "quantity that was cancelled or came back, on the day of the cancellation or return",
}
COUNTED = ("orders", *UNITS, *GOODS)
QUOTIENTS = ("average_order", "average_price", "return_rate")
AT_ONCE = 1_000
"""So many groups are made of vectors at a time."""


class Named(msgspec.Struct, frozen=True):
    """What a product is called; if it had several names, the alphabetically last one. None for amounts of no line."""

    name: str | None


class Goods(Measured, frozen=True, kw_only=True):
    """Goods sold and returned: COUNTED and QUOTIENTS.

    A product in `group` is a SKU or, without one, a name; it is None for amounts of no line. `product` describes it, if the
    report groups by products.
    """

    product: Named | UnsetType = UNSET


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

    groups: list[Goods]
    next: str | None


class Chosen(NamedTuple):
    """The groups of a span that the question asks for, in their order, and the place of each."""

    sold: Sold
    groups: Sequence[int]
    place: Callable[[int], Place]


def page(connection: Connection, question: Question, *, limit: int, cursor: str | None = None) -> SalesPage:
    """The first groups after the cursor, at most `limit` of them. Raises MalformedCursor."""
    found: list[Goods] = []
    last: Place | None = None
    for sold, groups, place in _chosen(connection, question, cursor):
        taken = groups[: limit - len(found)]
        found += _goods(sold, taken)
        last = place(taken[-1]) if taken else last
        if len(taken) < len(groups):
            return SalesPage(found, last and written(question, last))
    return SalesPage(found, None)


def report(connection: Connection, question: Question, *, cursor: str | None = None) -> Iterator[Goods]:
    """All groups after the cursor, with sales or returns, by currency and the groupings asked for. Raises MalformedCursor."""
    for sold, groups, _ in _chosen(connection, question, cursor):
        for begin in range(0, len(groups), AT_ONCE):
            yield from _goods(sold, groups[begin : begin + AT_ONCE])


def _chosen(connection: Connection, question: Question, cursor: str | None) -> Iterator[Chosen]:
    after = None if cursor is None else read(question, cursor)
    for sold in spans(connection, question, after and after.period):
        if question.top is None:
            yield Chosen(sold, sold.after(after), sold.place)
        else:
            places = {group: place for group, place in sold.best(question.top) if after is None or _rank(place) > _rank(after)}
            yield Chosen(sold, list(places), places.__getitem__)


def _rank(place: Place) -> tuple[object, ...]:
    """The order of groups with `top`: the largest ones of a period and currency first."""
    currency, size, *own = place.values
    return place.period or date.min, currency, -int(size), own


# Figures


def _goods(sold: Sold, groups: Sequence[int]) -> Iterator[Goods]:
    """These groups of the span."""
    names = [sold.names[group] for group in groups] if sold.names else [None] * len(groups)
    orders = [sold.orders[group] for group in groups]
    sums = (sold.sums[name].some(groups) for name in SUMMED)
    for key, name, *numbers in zip(sold.keys(groups), names, orders, *sums, strict=True):
        product = Named(name if key["product"] else None) if "product" in key else UNSET
        yield Goods(group=key, measures=_measures(key["currency"], *numbers), product=product)


def _measures(
    currency: str,
    orders: int,
    units: int,
    units_part: int,
    units_returned: int,
    units_returned_part: int,
    *amounts: int,
) -> dict[str, Figure]:
    """The figures of whole units and millionths, and of AMOUNTS in minor units."""
    gross, discounts, returns = (from_minor_units(amount, currency) for amount in amounts)
    sold, ordered = gross - discounts, _quantity(units, units_part)
    return {
        "orders": counted(orders, "orders", ORDERS),
        "units": summed(ordered, "units", UNITS["units"]),
        "units_returned": summed(_quantity(units_returned, units_returned_part), "units", UNITS["units_returned"]),
        "gross": summed(gross, currency, GOODS["gross"]),
        "discounts": summed(discounts, currency, GOODS["discounts"]),
        "returns": summed(returns, currency, GOODS["returns"]),
        "net": summed(sold - returns, currency, GOODS["net"]),
        "average_order": average_order(sold, orders, currency),
        "average_price": ratio(sold, ordered, currency, "(gross - discounts) / units", "nothing was sold"),
        "return_rate": ratio(returns, sold, "1", "returns / (gross - discounts)", "nothing was sold"),
    }


def _quantity(whole: int, part: int) -> Decimal:
    return Decimal(whole) + Decimal(part) / MILLION if part else Decimal(whole)
