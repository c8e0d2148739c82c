"""The orders placed on some days, as vectors: what each was worth, on which channel, and who placed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection

from projections.sales.channel_sales import Question, sales
from projections.sales.order_customers import GUEST, Buyers, customers_orders
from projections.shared import id_vectors
from projections.shared.group_vectors import groups
from projections.shared.reports import inside, matching
from projections.shared.vectors import Codes, by_place, portions

if TYPE_CHECKING:
    from projections.shared.vectors import Whole


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

    def worth(self) -> dict[tuple[str, str], Whole]:
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
    """The orders placed on these days, in this currency if one is named. Test orders are left out."""
    import numpy as np

    channels, currencies = Codes(), Codes()
    read: dict[str, list[Any]] = {name: [] for name in ("ids", "channels", "currencies", "orders", "values")}
    row = sales.c
    columns: dict[str, ColumnElement[Any]] = {"ids": row.order_id, "channels": row.channel, "currencies": row.currency}
    columns |= {"orders": row.orders, "values": row.gross - row.discounts}
    for _, within in inside(row, question):
        where = (within, *matching(row, question, ("currency",)))
        for portion in portions(connection, columns, where, by_place(connection, sales, where)):
            portion["channels"], portion["currencies"] = channels.of(portion["channels"]), currencies.of(portion["currencies"])
            for name, values in portion.items():
                read[name].append(values)
    found = {name: np.concatenate(values) if values else np.zeros(0, np.int64) for name, values in read.items()}
    ids = found["ids"].astype(np.uint64, copy=False).reshape(-1, 2)
    numbers, length = id_vectors.numbered(ids)
    worth = np.zeros(length, np.int64)
    np.add.at(worth, numbers, found["values"])
    # An order is placed once: the other rows of these days amend it, or amend an order of earlier days.
    at = np.flatnonzero(found["orders"])
    customers, _, known = Buyers(connection, customers_orders(connection)).of(ids[at])
    at, customers = at[known], customers[known]
    vectors = found["channels"][at], found["currencies"][at], customers, worth[numbers[at]]
    return PlacedOrders(*vectors, channels.texts, currencies.texts)
