"""The orders placed on some days, as vectors: what each was worth, on which channel, and who placed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, literal

from projections.sales.channel_sales import Question, sales
from projections.sales.order_customers import GUEST, Buyers, customers_orders
from projections.shared import exact, id_vectors
from projections.shared.group_vectors import groups
from projections.shared.reports import inside, matching
from projections.shared.vectors import Codes, by_place, portions

if TYPE_CHECKING:
    from projections.shared.vectors import Whole


BETWEEN = "\x1f"
"""The unit separator, which no code of a currency has."""
Group = tuple[str, str]
"""A channel and a currency."""


class Sold(NamedTuple):
    """Orders placed, and gross in minor units, with what amended any order."""

    orders: int
    gross: int


class PlacedOrders(NamedTuple):
    """Orders. Each vector has a value for each order: numbers of its channel, currency and customer (or GUEST), and what it
    is worth: gross − discounts in minor units, with what amended it on the same days.
    """

    channels: Whole
    currencies: Whole
    customers: Whole
    values: Whole
    channel_names: list[str]
    currency_names: list[str]
    sold: dict[Group, Sold]

    def worth(self) -> dict[Group, Whole]:
        """What each order is worth, by channel and currency."""
        import numpy as np

        found = groups(self.channels, self.currencies)
        order = np.argsort(found.of_rows, kind="stable")
        ends = np.cumsum(np.bincount(found.of_rows, minlength=found.length))
        parts: list[Whole] = np.split(self.values[order], ends[:-1])
        names = [(self.channel_names[channel], self.currency_names[currency]) for channel, currency in found.keys]
        return dict(zip(names, parts, strict=False))

    def repeated(self) -> dict[str, tuple[int, int]]:
        """By channel, the customers with two orders or more there, and those with any."""
        import numpy as np

        known = self.customers != GUEST
        pairs = groups(self.channels[known], self.customers[known])
        of_channel = pairs.columns[0]
        several = np.bincount(pairs.of_rows, minlength=pairs.length) > 1
        every = np.bincount(of_channel, minlength=len(self.channel_names)).tolist()
        again = np.bincount(of_channel[several], minlength=len(self.channel_names)).tolist()
        return dict(zip(self.channel_names, zip(again, every, strict=True), strict=True))


def placed_orders(connection: Connection, question: Question) -> PlacedOrders:
    """The orders placed on these days. Test orders are left out."""
    import numpy as np

    channels, currencies = Codes(), Codes()
    row = sales.c
    amounts: dict[str, ColumnElement[Any]] = {
        "ids": row.order_id,
        "orders": row.orders,
        "gross": row.gross,
        "discounts": row.discounts,
    }
    found = _read(connection, question, amounts, channels, currencies)
    of = groups(found["channels"], found["currencies"])
    sums = (exact.sums(found[name], of.of_rows, of.length).every() for name in ("orders", "gross"))
    names = [(channels.texts[channel], currencies.texts[currency]) for channel, currency in of.keys]
    sold = dict(zip(names, map(Sold, *sums), strict=True))
    ids = found["ids"].astype(np.uint64, copy=False).reshape(-1, 2)
    numbers, length = id_vectors.numbered(ids)
    worth = np.zeros(length, np.int64)
    np.add.at(worth, numbers, found["gross"] - found["discounts"])
    # An order is placed once: the other rows of these days amend it, or amend an order of earlier days.
    at = np.flatnonzero(found["orders"])
    customers, _, known = Buyers(connection, customers_orders(connection, with_times=False)).of(ids[at])
    at, customers = at[known], customers[known]
    vectors = found["channels"][at], found["currencies"][at], customers, worth[numbers[at]]
    return PlacedOrders(*vectors, channels.texts, currencies.texts, sold)


def gross_sales(connection: Connection, question: Question) -> dict[Group, int]:
    """Gross in minor units by channel and currency."""
    channels, currencies = Codes(), Codes()
    found = _read(connection, question, {"gross": sales.c.gross}, channels, currencies)
    of = groups(found["channels"], found["currencies"])
    sums = exact.sums(found["gross"], of.of_rows, of.length).every()
    names = [(channels.texts[channel], currencies.texts[currency]) for channel, currency in of.keys]
    return dict(zip(names, sums, strict=True))


def _read(
    connection: Connection, question: Question, amounts: dict[str, ColumnElement[Any]], channels: Codes, currencies: Codes
) -> dict[str, Any]:
    """These columns of all rows of these days, with the numbers of their channels and currencies.

    The database joins both as one text, which takes half the time: there are few different pairs.
    """
    import numpy as np

    pairs = Codes()
    columns: dict[str, ColumnElement[Any]] = {"pairs": sales.c.channel + literal(BETWEEN) + sales.c.currency} | amounts
    read: dict[str, list[Any]] = {name: [] for name in columns}
    for _, within in inside(sales.c, question):
        where = (within, *matching(sales.c, question, ("currency",)))
        for portion in portions(connection, columns, where, by_place(connection, sales, where)):
            portion["pairs"] = pairs.of(portion["pairs"])
            for name, values in portion.items():
                read[name].append(values)
    found = {name: np.concatenate(values) if values else np.zeros(0, np.int64) for name, values in read.items()}
    numbers, names = found.pop("pairs"), [pair.rpartition(BETWEEN) for pair in pairs.texts]
    found["channels"] = channels.of([channel for channel, _, _ in names])[numbers]
    found["currencies"] = currencies.of([currency for _, _, currency in names])[numbers]
    return found
