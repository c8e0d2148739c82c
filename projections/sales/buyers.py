"""Buyer reports: new against returning customers, and cohorts by the month of the first order.

Sums over `channel_sales`, with its definitions; the customer of an order comes from `orders`, as it is now. A customer's first
order is the first one on any channel and in any currency. Test orders are left out. Merged customers count as one customer:
the merge survivor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Select, Subquery, func, select

from domain.shared.money import from_minor_units
from projections.customers.merging import survivor_of, survivors
from projections.sales.channel_sales import Question, sales
from projections.sales.orders import order_rows
from projections.shared.occurred import day_of
from projections.shared.ratios import Ratio, proportion, ratio
from projections.shared.reports import day_of_row, first_day, inside, matching, period_of
from projections.shared.rows import Row

Buyer = Literal["new", "returning", "guest"]
AMOUNTS = ("gross", "discounts", "returns")


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
    share_of_orders: Ratio


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
    retention: Ratio


class _Group(NamedTuple):
    period: date | None
    currency: str
    channel: str | None
    buyer: Buyer


# New against returning


def new_and_returning(connection: Connection, question: Question) -> list[Bought]:
    """Sales and returns on these days, by kind of buyer, currency and the groupings asked for."""
    by_channel, by_period = "channel" in question.by, period_of(question.by)
    sums: defaultdict[_Group, list[int]] = defaultdict(lambda: [0] * (1 + len(AMOUNTS)))
    customers: defaultdict[_Group, set[UUID]] = defaultdict(set)
    for row in _sold(connection, question):
        period = first_day(day_of_row(row, question.zone), by_period) if by_period else None
        group = _Group(period, row["currency"], row["channel"] if by_channel else None, _buyer(row))
        for place, name in enumerate(("orders", *AMOUNTS)):
            sums[group][place] += row[name]
        if row["orders"] and row["customer_id"] is not None:
            customers[group].add(row["customer_id"])
    orders: defaultdict[tuple[object, ...], int] = defaultdict(int)
    for group, (placed, *_) in sums.items():
        orders[group[:3]] += placed
    return [_bought(group, len(customers[group]), orders[group[:3]], *sums[group]) for group in sorted(sums, key=_order)]


def _buyer(row: Row) -> Buyer:
    if row["customer_id"] is None:
        return "guest"
    return "new" if row["nth"] == 1 else "returning"


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


def _sold(connection: Connection, question: Question) -> Iterator[Row]:
    """Each sales row of these days, with its order's customer and `nth`, as in `numbered_orders`."""
    channel = matching(sales.c, question, ("channel",))
    for _, within in inside(sales.c, question):
        query = _of_buyers(numbered_orders(), question.currency).where(within, *channel)
        yield from map(dict, connection.execute(query).mappings())


def numbered_orders() -> Subquery:
    """Orders with their customers (merge survivors) and `nth`: 1 for a customer's first order of all times and channels.

    Test orders are left out.
    """
    row, merged = order_rows.c, survivors()
    buyer = survivor_of(merged, row.customer_id)
    nth = func.row_number().over(partition_by=buyer, order_by=(row.placed_at, row.order_id)).label("nth")
    orders = select(row.order_id, buyer, row.channel, row.placed_at, row.placed_on, nth)
    return orders.outerjoin(merged, merged.c.customer_id == row.customer_id).where(row.test.is_(False)).subquery()


def _of_buyers(orders: Subquery, currency: str | None) -> Select[Any]:
    table = sales.c
    facts = (table.channel, table.currency, table.quarter, table.day, table.orders, *(table[name] for name in AMOUNTS))
    query = select(*facts, orders.c.customer_id, orders.c.nth).join(orders, orders.c.order_id == table.order_id)
    return query if currency is None else query.where(table.currency == currency)


# Cohorts


def cohorts(connection: Connection, question: Question) -> list[Cohort]:
    """Cohorts whose first orders were on these days (and on `channel`), by months since then.

    Their sales are of all times and channels. Returned goods count in the month in which they came back. Months without any
    sales row are left out.
    """
    orders = numbered_orders()
    began = dict(_began(connection, orders, question))
    sizes: defaultdict[date, int] = defaultdict(int)
    for month in began.values():
        sizes[month] += 1
    placed: defaultdict[tuple[date, int, str], int] = defaultdict(int)
    net: defaultdict[tuple[date, int, str], int] = defaultdict(int)
    customers: defaultdict[tuple[date, int, str], set[UUID]] = defaultdict(set)
    bought = _of_buyers(orders, question.currency).where(orders.c.customer_id.is_not(None))
    for row in map(dict, connection.execute(bought).mappings()):
        first_month = began.get(row["customer_id"])
        if first_month is not None:
            key = first_month, _months(first_month, day_of_row(row, question.zone)), row["currency"]
            placed[key] += row["orders"]
            net[key] += row["gross"] - row["discounts"] - row["returns"]
            if row["orders"]:
                customers[key].add(row["customer_id"])
    return [_cohort(*key, sizes[key[0]], len(customers[key]), placed[key], net[key]) for key in sorted(net)]


def _began(connection: Connection, orders: Subquery, question: Question) -> Iterable[tuple[UUID, date]]:
    """Customers with the month of their first order, if it was on the days and the channel asked for."""
    firsts = select(orders.c.customer_id, orders.c.placed_at, orders.c.placed_on).where(
        orders.c.customer_id.is_not(None), orders.c.nth == 1, *matching(orders.c, question, ("channel",))
    )
    for customer_id, at, own in connection.execute(firsts):
        day = day_of(at, own, question.zone)
        if question.from_ <= day < question.to:
            yield customer_id, first_day(day, "month")


def _months(begin: date, day: date) -> int:
    """Months from `begin` to the day; 0 for an earlier day.

    The first order can have a later day than the next one: if it is known by its day in a zone further east.
    """
    return max(12 * (day.year - begin.year) + day.month - begin.month, 0)


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
