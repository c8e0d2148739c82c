"""Buyer reports: new against returning customers, and cohorts by the month of the first order.

Sums over `channel_sales`, with its definitions; the customer of an order comes from `orders`, as it is now. A customer's first
order is the first one on any channel and in any currency. Test orders are left out. Merged customers count as one customer:
the merge survivor. Rows are read and added up as vectors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import msgspec
from sqlalchemy import ColumnElement, Connection

from domain.shared.money import from_minor_units
from projections.sales.channel_sales import Question, sales
from projections.sales.order_customers import GUEST, Buyers, CustomersOrders, customers_orders
from projections.shared import exact
from projections.shared.day_vectors import as_date, as_number, days_of, days_of_quarters, first_days, months
from projections.shared.figures import Figure
from projections.shared.group_vectors import groups
from projections.shared.ratios import proportion, ratio
from projections.shared.reports import inside, matching, period_of
from projections.shared.vectors import NO_DAY, Codes, by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

Buyer = Literal["new", "returning", "guest"]
BUYERS: tuple[Buyer, ...] = get_args(Buyer)
AMOUNTS = ("gross", "discounts", "returns")
SUMMED = ("orders", *AMOUNTS)
READ = ("days", "currencies", *SUMMED)


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """Sales to one kind of buyer; `share_of_orders` is its share of all orders in the same period, channel and currency.

    `customers` counts the customers who placed an order there. It is 0 for guests: a guest order has no customer.
    """

    period: date | None
    currency: str
    channel: str | None
    buyer: Buyer
    customers: int
    orders: int
    gross: Decimal
    discounts: Decimal
    returns: Decimal
    net: Decimal
    share_of_orders: Figure


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """Sales to one cohort in the month that is `months_since` months after its first month, in one currency.

    A cohort is the customers whose first order was in the month `cohort`. `size` counts all of them, `customers` those who
    placed an order in that later month.
    """

    cohort: date
    months_since: int
    currency: str
    size: int
    customers: int
    orders: int
    net: Decimal
    retention: Figure


class _Group(NamedTuple):
    period: date | None
    currency: str
    channel: str | None
    buyer: Buyer


class _Rows(NamedTuple):
    """Sales rows with the customers of their orders. Each vector has a value for each row, in the same sequence.

    `customers` has GUEST for an order without one. `first` marks rows of a customer's first order. The others are SUMMED.
    """

    days: Whole
    channels: Whole
    currencies: Whole
    customers: Whole
    first: NDArray[np.bool_]
    orders: Whole
    gross: Whole
    discounts: Whole
    returns: Whole

    def some(self, marked: NDArray[np.bool_]) -> _Rows:
        """The marked ones of these rows."""
        return _Rows(**{name: values[marked] for name, values in self._asdict().items()})

    def sums(self, of_rows: Whole, length: int) -> Mapping[str, list[int]]:
        """The sums of each group, whose numbers are `of_rows`."""
        return {name: exact.sums(getattr(self, name), of_rows, length).every() for name in SUMMED}


class _Names(NamedTuple):
    """The texts of the numbers in `_Rows`."""

    channels: Codes
    currencies: Codes


# New against returning


def new_and_returning(connection: Connection, question: Question) -> list[Bought]:
    """Sales and returns on these days, by kind of buyer, currency and the groupings asked for."""
    import numpy as np

    by_channel, by_period = "channel" in question.by, period_of(question.by)
    channel = matching(sales.c, question, ("channel",))
    dated = [(column, (within, *channel)) for column, within in inside(sales.c, question)]
    rows, names = _sold(connection, question, dated, customers_orders(connection), with_channels=by_channel)
    nothing = np.zeros(len(rows.days), np.int64)
    periods = first_days(rows.days, by_period) if by_period else nothing
    found = groups(periods, rows.currencies, rows.channels if by_channel else nothing, _buyers(rows))
    sums = rows.sums(found.of_rows, found.length)
    customers = found.different(rows.customers, (rows.orders != 0) & (rows.customers != GUEST))
    orders: defaultdict[tuple[int, ...], int] = defaultdict(int)
    for key, placed in zip(found.keys, sums["orders"], strict=True):
        orders[key[:3]] += placed
    bought = {}
    for number, key in enumerate(found.keys):
        period, currency, of_channel, buyer = key
        group = _Group(
            as_date(period) if by_period else None,
            names.currencies.texts[currency],
            names.channels.texts[of_channel] if by_channel else None,
            BUYERS[buyer],
        )
        bought[group] = _bought(group, customers[number], orders[key[:3]], *(sums[name][number] for name in SUMMED))
    return [bought[group] for group in sorted(bought, key=_order)]


def _buyers(rows: _Rows) -> Whole:
    """The number of each row's kind of buyer in BUYERS."""
    import numpy as np

    kinds = np.where(rows.first, BUYERS.index("new"), BUYERS.index("returning"))
    return np.where(rows.customers == GUEST, BUYERS.index("guest"), kinds)


def _order(group: _Group) -> tuple[object, ...]:
    return group.period or date.min, group.currency, group.channel or "", group.buyer


def _bought(group: _Group, customers: int, of_all: int, orders: int, *sums: int) -> Bought:
    gross, discounts, returns = (from_minor_units(amount, group.currency) for amount in sums)
    return Bought(
        **group._asdict(),
        customers=customers,
        orders=orders,
        gross=gross,
        discounts=discounts,
        returns=returns,
        net=gross - discounts - returns,
        share_of_orders=ratio(orders, of_all, "share", "orders / orders of all buyers", "no order was placed"),
    )


def _sold(
    connection: Connection,
    question: Question,
    dated: Iterable[tuple[ColumnElement[Any], tuple[ColumnElement[bool], ...]]],
    orders: CustomersOrders,
    *,
    with_channels: bool = False,
) -> tuple[_Rows, _Names]:
    """Sales rows with their orders' customers. `dated` has the columns that date rows, each with conditions for its rows."""
    import numpy as np

    table, names, nothing = sales.c, _Names(Codes(), Codes()), np.zeros(0, np.int64)
    ids, parts = [nothing.astype(np.uint64).reshape(-1, 2)], [dict.fromkeys((*READ, "channels"), nothing)]
    for column, conditions in dated:
        where = (*conditions, *matching(table, question, ("currency",)))
        columns = {"ids": table.order_id, "days": column, "currencies": table.currency}
        columns |= {name: table[name] for name in SUMMED} | ({"channels": table.channel} if with_channels else {})
        for read in portions(connection, columns, where, by_place(connection, sales, where)):
            ids.append(read.pop("ids"))
            days = read["days"]
            read["days"] = days_of_quarters(days, question.zone) if column is table.quarter else days
            read["currencies"] = names.currencies.of(read["currencies"])
            read["channels"] = names.channels.of(read["channels"]) if with_channels else np.zeros(len(days), np.int64)
            parts.append(read)
    customers, first, known = Buyers(connection, orders).of(np.concatenate(ids))
    vectors = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = _Rows(customers=customers, first=first, **vectors)
    return rows if known.all() else rows.some(known), names


# Cohorts


def cohorts(connection: Connection, question: Question) -> list[Cohort]:
    """Cohorts whose first orders were on these days (and on `channel`), by months since then.

    Their sales are of all times and channels. Returned goods count in the month in which they came back. Months without any
    sales row are left out.
    """
    import numpy as np

    orders = customers_orders(connection, with_channels=question.channel is not None)
    began = _began(orders, question)
    dated = [(column, (column.is_not(None),)) for column in (sales.c.quarter, sales.c.day)]
    rows, names = _sold(connection, question, dated, orders)
    rows = rows.some(rows.customers != GUEST)
    rows = rows.some(began[rows.customers] != NO_DAY)
    first_month = began[rows.customers]
    # The first order can have a later day than the next one: if it is known by its day in a zone further east.
    since = np.maximum(months(rows.days) - first_month, 0)
    found = groups(first_month, since, rows.currencies)
    sums, customers = rows.sums(found.of_rows, found.length), found.different(rows.customers, rows.orders != 0)
    of_month = groups(began)
    sizes = dict(zip([month for (month,) in of_month.keys], np.bincount(of_month.of_rows).tolist(), strict=True))
    counted = []
    for number, (month, later, currency) in enumerate(found.keys):
        placed, gross, discounts, returns = (sums[name][number] for name in SUMMED)
        key = _month(month), later, names.currencies.texts[currency]
        counted.append(_cohort(*key, sizes[month], customers[number], placed, gross - discounts - returns))
    return sorted(counted, key=lambda one: (one.cohort, one.months_since, one.currency))


def _began(orders: CustomersOrders, question: Question) -> Whole:
    """The month of each customer's first order, or NO_DAY if it was not on the days and the channel asked for."""
    import numpy as np

    firsts = orders.some(orders.first)
    days = days_of(firsts.placed_at, firsts.placed_on, question.zone)
    asked = (days >= as_number(question.from_)) & (days < as_number(question.to))
    if question.channel is not None:
        names = orders.channel_names
        asked &= firsts.channels == (names.index(question.channel) if question.channel in names else len(names))
    began = np.full(orders.different, NO_DAY, np.int64)
    began[firsts.customers[asked]] = months(days[asked])
    return began


def _month(number: int) -> date:
    """The first day of the month that is `number` months after January 1970."""
    years, later = divmod(number, 12)
    return date(1970 + years, 1 + later, 1)


def _cohort(month: date, since: int, currency: str, size: int, customers: int, orders: int, net: int) -> Cohort:
    return Cohort(
        cohort=month,
        months_since=since,
        currency=currency,
        size=size,
        customers=customers,
        orders=orders,
        net=from_minor_units(net, currency),
        retention=proportion(
            customers, size, "share", "customers who ordered / customers of the cohort", "the cohort is empty"
        ),
    )
