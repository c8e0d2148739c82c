"""Buyer reports: new against returning customers, and cohorts by the month of the first order.

Sums over `channel_sales`, with its definitions; the customer of an order comes from `orders`, as it is now. A customer's first
order is the first one on any channel and in any currency. Test orders are left out. Merged customers count as one customer:
the merge survivor. Rows are read and added up as vectors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Connection

from domain.shared.money import from_minor_units
from projections.sales.channel_sales import Question, sales
from projections.sales.order_customers import GUEST, Buyers, CustomersOrders, OrdersRead, customers_orders, read_orders
from projections.shared import exact
from projections.shared.ahead import early
from projections.shared.day_vectors import as_date, as_number, days_of, days_of_quarters, first_days, months
from projections.shared.figures import Figure, Measured, counted, summed, without_value
from projections.shared.group_vectors import groups
from projections.shared.ratios import proportion, ratio
from projections.shared.reports import Period, inside, matching, period_of
from projections.shared.vectors import NO_DAY, Codes, by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

Buyer = Literal["new", "returning", "guest"]
BUYERS: tuple[Buyer, ...] = get_args(Buyer)
SUMMED = ("orders", "gross", "discounts", "returns")
READ = ("days", "currencies", *SUMMED)
AMOUNTS = {
    "gross": "price × quantity before discounts, tax, shipping and returns",
    "discounts": "discounts on lines and on whole orders, without tax",
    "returns": "net of the goods that came back or were cancelled, on the day of the return or cancellation",
    "net": "gross - discounts - returns",
}
"""The definition of each amount of money; its unit is the currency of the group."""
COUNTED = {
    "customers": ("customers", "customers who placed an order, merged customers once"),
    "orders": ("orders", "orders placed in this currency; cancelled and unpaid ones count, test orders do not"),
    "size": ("customers", "all customers of the cohort: those whose very first order was placed in its month"),
}
"""The unit and the definition of each count."""


class Bought(Measured, frozen=True, kw_only=True):
    """Sales to one kind of buyer: `customers`, `orders`, AMOUNTS and `share_of_orders`.

    The share is of all orders in the same period, channel and currency.
    """


class Cohort(Measured, frozen=True, kw_only=True):
    """Sales to one cohort in the month that is `months_since` months after its first month, in one currency.

    A cohort is the customers whose first order was in the month `cohort`. `size` counts all of them, `customers` those who
    placed an order in that later month; `retention` is their share.
    """


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
    rows, _, names = _sold(connection, question, dated, read_orders(connection), with_channels=by_channel)
    nothing = np.zeros(len(rows.days), np.int64)
    periods = first_days(rows.days, by_period) if by_period else nothing
    found = groups(periods, rows.currencies, rows.channels if by_channel else nothing, _buyers(rows))
    sums = rows.sums(found.of_rows, found.length)
    customers = found.different(rows.customers, (rows.orders != 0) & (rows.customers != GUEST))
    orders: defaultdict[tuple[int, ...], int] = defaultdict(int)
    for key, placed in zip(found.keys, sums["orders"], strict=True):
        orders[key[:3]] += placed
    bought = []
    for number, key in enumerate(found.keys):
        period, currency, of_channel, buyer = key
        values = as_date(period), names.channels.texts[of_channel] if by_channel else None
        group = _group(question, *values, names.currencies.texts[currency], BUYERS[buyer])
        counts = (sums[name][number] for name in SUMMED)
        bought.append(Bought(group=group, measures=_bought(group, customers[number], orders[key[:3]], *counts)))
    return sorted(bought, key=lambda one: _order(one.group, by_period))


def _group(question: Question, period: date, channel: str | None, currency: str, buyer: Buyer) -> Mapping[str, Any]:
    asked = {name: channel if name == "channel" else period for name in question.by}
    return asked | {"currency": currency, "buyer": buyer}


def _buyers(rows: _Rows) -> Whole:
    """The number of each row's kind of buyer in BUYERS."""
    import numpy as np

    kinds = np.where(rows.first, BUYERS.index("new"), BUYERS.index("returning"))
    return np.where(rows.customers == GUEST, BUYERS.index("guest"), kinds)


def _order(group: Mapping[str, Any], period: Period | None) -> tuple[object, ...]:
    return group[period] if period else date.min, group["currency"], group.get("channel", ""), group["buyer"]


def _bought(group: Mapping[str, Any], customers: int, of_all: int, orders: int, *sums: int) -> dict[str, Figure]:
    unit, definition = COUNTED["customers"]
    guests = without_value(unit, definition, "the order of a guest has no known customer")
    return {
        "customers": guests if group["buyer"] == "guest" else counted(customers, unit, definition),
        "orders": counted(orders, *COUNTED["orders"]),
        **_amounts(group["currency"], *sums),
        "share_of_orders": ratio(orders, of_all, "1", "orders / orders of all buyers", "no order was placed"),
    }


def _amounts(currency: str, gross: int, discounts: int, returns: int) -> dict[str, Figure]:
    sums = {"gross": gross, "discounts": discounts, "returns": returns, "net": gross - discounts - returns}
    return {name: summed(from_minor_units(sums[name], currency), currency, of) for name, of in AMOUNTS.items()}


def _sold(
    connection: Connection,
    question: Question,
    dated: Iterable[tuple[ColumnElement[Any], tuple[ColumnElement[bool], ...]]],
    read: OrdersRead,
    *,
    with_channels: bool = False,
) -> tuple[_Rows, CustomersOrders, _Names]:
    """Sales rows with their orders' customers. `dated` has the columns that date rows, each with conditions for its rows.

    The rows are read while the customers of the orders get their numbers.
    """
    import numpy as np

    names, nothing = _Names(Codes(), Codes()), np.zeros(0, np.int64)
    ids, parts = [nothing.astype(np.uint64).reshape(-1, 2)], [dict.fromkeys((*READ, "channels"), nothing)]
    with early(_read(connection, question, dated, names, with_channels=with_channels)) as reading:
        orders = customers_orders(read)
        for part in reading:
            ids.append(part.pop("ids"))
            parts.append(part)
    customers, first, known = Buyers(connection, orders).of(np.concatenate(ids))
    vectors = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = _Rows(customers=customers, first=first, **vectors)
    return rows if known.all() else rows.some(known), orders, names


def _read(
    connection: Connection,
    question: Question,
    dated: Iterable[tuple[ColumnElement[Any], tuple[ColumnElement[bool], ...]]],
    names: _Names,
    *,
    with_channels: bool,
) -> Iterator[dict[str, Any]]:
    """The sales rows in portions, with their days and the numbers of their currencies and channels."""
    import numpy as np

    table = sales.c
    for column, conditions in dated:
        where = (*conditions, *matching(table, question, ("currency",)))
        columns = {"ids": table.order_id, "days": column, "currencies": table.currency}
        columns |= {name: table[name] for name in SUMMED} | ({"channels": table.channel} if with_channels else {})
        for read in portions(connection, columns, where, by_place(connection, sales, where)):
            days = read["days"]
            read["days"] = days_of_quarters(days, question.zone) if column is table.quarter else days
            read["currencies"] = names.currencies.of(read["currencies"])
            read["channels"] = names.channels.of(read["channels"]) if with_channels else np.zeros(len(days), np.int64)
            yield read


# Cohorts


def cohorts(connection: Connection, question: Question) -> list[Cohort]:
    """Cohorts whose first orders were on these days (and on `channel`), by months since then.

    Their sales are of all times and channels. Returned goods count in the month in which they came back. Months without any
    sales row are left out.
    """
    import numpy as np

    dated = [(column, (column.is_not(None),)) for column in (sales.c.quarter, sales.c.day)]
    rows, orders, names = _sold(
        connection, question, dated, read_orders(connection, with_channels=question.channel is not None)
    )
    began = _began(orders, question)
    rows = rows.some(rows.customers != GUEST)
    rows = rows.some(began[rows.customers] != NO_DAY)
    first_month = began[rows.customers]
    # The first order can have a later day than the next one: if it is known by its day in a zone further east.
    since = np.maximum(months(rows.days) - first_month, 0)
    found = groups(first_month, since, rows.currencies)
    sums, customers = rows.sums(found.of_rows, found.length), found.different(rows.customers, rows.orders != 0)
    of_month = groups(began)
    sizes = dict(zip([month for (month,) in of_month.keys], np.bincount(of_month.of_rows).tolist(), strict=True))
    of_cohorts = []
    for number, (month, later, currency) in enumerate(found.keys):
        text = names.currencies.texts[currency]
        placed, gross, discounts, returns = (sums[name][number] for name in SUMMED)
        figures = _cohort(text, sizes[month], customers[number], placed, gross - discounts - returns)
        group: Mapping[str, Any] = {"cohort": _month(month), "months_since": later, "currency": text}
        of_cohorts.append(Cohort(group=group, measures=figures))
    return sorted(of_cohorts, key=lambda one: tuple(one.group.values()))


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


def _cohort(currency: str, size: int, customers: int, orders: int, net: int) -> dict[str, Figure]:
    return {
        "size": counted(size, *COUNTED["size"]),
        "customers": counted(customers, *COUNTED["customers"]),
        "orders": counted(orders, *COUNTED["orders"]),
        "net": summed(from_minor_units(net, currency), currency, AMOUNTS["net"]),
        "retention": proportion(customers, size, "1", "customers who ordered / customers of the cohort", "the cohort is empty"),
    }
