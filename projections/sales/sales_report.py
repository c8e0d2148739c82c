"""Sales by channel, product, category and period: sums over `product_sales`, with its definitions.

Goods only: tax, charges and payments belong to no product; they are in the report on channel sales.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, case, func, select

from domain.shared.money import from_minor_units
from projections.sales.channel_sales import average_order
from projections.sales.product_sales import AMOUNTS, MILLION, product_sales_rows
from projections.shared.ratios import Ratio, ratio
from projections.shared.reports import Days, Period, TooManyGroups, day_of_row, first_day, inside, matching, period_of
from projections.shared.rows import Row

Group = Literal["day", "week", "month", "channel", "product", "category"]
Sort = Literal["net", "gross", "units", "orders", "returns"]

OWN = ("channel", "product", "category")
UNITS = ("units", "units_part", "units_returned", "units_returned_part")
GROUP_LIMIT = 100_000


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


class _Key(NamedTuple):
    period: date | None
    currency: str
    channel: str | None = None
    product: str | None = None
    category: str | None = None


class _Sums(NamedTuple):
    name: str | None
    orders: int
    units: int
    units_part: int
    units_returned: int
    units_returned_part: int
    gross: int
    discounts: int
    returns: int

    def plus(self, other: _Sums) -> _Sums:
        names = [name for name in (self.name, other.name) if name is not None]
        added = (mine + more for mine, more in zip(self[1:], other[1:], strict=True))
        return _Sums(max(names, default=None), *added)


def report(connection: Connection, question: Question) -> list[Sales]:
    """Groups with sales or returns, by currency and the groupings asked for. Raises TooManyGroups."""
    groups: dict[_Key, _Sums] = {}
    for row in _summed(connection, question):
        period = first_day(day_of_row(row, question.zone), question.period) if question.period else None
        key = _Key(period, row["currency"], **{name: row[name] for name in question.own})
        sums = _Sums(row["name"], *(int(row[name]) for name in _Sums._fields[1:]))
        groups[key] = groups[key].plus(sums) if key in groups else sums
        if len(groups) > GROUP_LIMIT:
            raise TooManyGroups(f"The report has more than {GROUP_LIMIT} groups.")
    found = [_sales(key, sums) for key, sums in sorted(groups.items(), key=lambda item: _order(item[0]))]
    return found if question.top is None else list(_first(found, question.sort, question.top))


def _order(key: _Key) -> tuple[object, ...]:
    return key.period or date.min, key.currency, key.channel or "", key.product or "", key.category or ""


def _first(sales: Sequence[Sales], sort: Sort, top: int) -> Iterator[Sales]:
    """The largest groups of each period and currency. `sales` must be in the order of period and currency."""
    for _, group in groupby(sales, key=lambda one: (one.period, one.currency)):
        yield from sorted(group, key=lambda one: -Decimal(getattr(one, sort)))[:top]


def _summed(connection: Connection, question: Question) -> Iterator[Row]:
    """Sums by the groupings asked for; for a period, by quarter of an hour, or by day where only the day is known."""
    table = product_sales_rows.c
    sums = [func.sum(table[name]).label(name) for name in (*UNITS, *AMOUNTS)]
    placed = func.count(case((table.placed, table.order_id)).distinct()).label("orders")
    # An order is placed at one moment, so counts by quarter of an hour add up.
    for column, within in inside(table, question):
        key = [table.currency, *(table[name] for name in question.own), *([column] if question.period else [])]
        query = select(*key, func.max(table.name).label("name"), placed, *sums).where(within)
        query = query.where(*matching(table, question, (*OWN, "currency")))
        for row in connection.execute(query.group_by(*key)).mappings():
            yield {"day": None, "quarter": None, **row}


def _sales(key: _Key, sums: _Sums) -> Sales:
    unit = key.currency
    gross, discounts, returns = (from_minor_units(getattr(sums, name), unit) for name in AMOUNTS)
    units, units_returned = (
        Decimal(whole) + Decimal(part) / MILLION
        for whole, part in ((sums.units, sums.units_part), (sums.units_returned, sums.units_returned_part))
    )
    return Sales(
        **key._asdict(),
        name=None if key.product is None else sums.name,
        orders=sums.orders,
        units=units,
        units_returned=units_returned,
        gross=gross,
        discounts=discounts,
        returns=returns,
        net=gross - discounts - returns,
        average_order=average_order(gross - discounts, sums.orders, unit),
        average_price=ratio(gross - discounts, units, unit, "(gross - discounts) / units", "nothing was sold"),
        return_rate=ratio(returns, gross - discounts, "share", "returns / (gross - discounts)", "nothing was sold"),
    )
