"""The orders placed on some days, as vectors: what each was worth, on which channel, and who placed it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, literal

from projections.sales.channel_sales import sales
from projections.sales.order_customers import GUEST, Buyers, customers_orders, read_orders
from projections.shared import exact, id_vectors
from projections.shared.ahead import early
from projections.shared.group_vectors import groups
from projections.shared.reports import Days, inside
from projections.shared.vectors import Codes, by_place, portions

if TYPE_CHECKING:
    from projections.shared.vectors import Whole


BETWEEN = "\x1f"
"""The unit separator, which no code of a currency has."""
Group = tuple[str, str]
"""A channel and a currency."""
Span = tuple[date, date]
"""Days from the first one to before the second one."""


class Sold(NamedTuple):
    """Orders placed, and gross in minor units, with what amended any order."""

    orders: int
    gross: int


class PlacedOrders(NamedTuple):
    """Orders. Each vector has a value for each order: numbers of its channel, currency and customer (or GUEST), and what it
    is worth: gross − discounts in minor units, with what amended it on the same days. `spans` has the gross in minor units of
    these days and of others that were asked for, each day once.
    """

    channels: Whole
    currencies: Whole
    customers: Whole
    values: Whole
    channel_names: list[str]
    currency_names: list[str]
    sold: dict[Group, Sold]
    spans: Mapping[Span, Mapping[Group, int]]

    def gross(self, of: Span) -> dict[Group, int]:
        """Gross in minor units by channel and currency, on days that were asked for."""
        found: Counter[Group] = Counter()
        for span, sums in self.spans.items():
            if _within(span, of):
                found.update(sums)
        return dict(found)

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


def placed_orders(connection: Connection, days: Days, others: Iterable[Span] = ()) -> PlacedOrders:
    """The orders placed on these days, and the gross of other spans too. Test orders are left out."""
    import numpy as np

    channels, currencies = Codes(), Codes()
    row, asked = sales.c, (days.from_, days.to)
    spans = _spans([asked, *others])
    own, further = ([span for span in spans if _within(span, asked) is inside] for inside in (True, False))
    amounts: dict[str, ColumnElement[Any]] = {
        "ids": row.order_id,
        "orders": row.orders,
        "gross": row.gross,
        "discounts": row.discounts,
    }
    read = read_orders(connection, with_times=False)
    with early(_portions(connection, own, days.zone, amounts)) as reading:
        orders = customers_orders(read)
        found = _joined(reading, amounts, channels, currencies)
    of = groups(found["channels"], found["currencies"])
    sums = (exact.sums(found[name], of.of_rows, of.length).every() for name in ("orders", "gross"))
    names = [(channels.texts[channel], currencies.texts[currency]) for channel, currency in of.keys]
    sold = dict(zip(names, map(Sold, *sums), strict=True))
    by_span = _gross(found, own, channels, currencies)
    if further:
        gross = {"gross": row.gross}
        rest = _joined(_portions(connection, further, days.zone, gross), gross, channels, currencies)
        by_span |= _gross(rest, further, channels, currencies)
    ids = found["ids"].astype(np.uint64, copy=False).reshape(-1, 2)
    numbers, length = id_vectors.numbered(ids)
    worth = np.zeros(length, np.int64)
    np.add.at(worth, numbers, found["gross"] - found["discounts"])
    # An order is placed once: the other rows of these days amend it, or amend an order of earlier days.
    at = np.flatnonzero(found["orders"])
    customers, _, known = Buyers(connection, orders).of(ids[at])
    at, customers = at[known], customers[known]
    vectors = found["channels"][at], found["currencies"][at], customers, worth[numbers[at]]
    return PlacedOrders(*vectors, channels.texts, currencies.texts, sold, by_span)


def _spans(periods: Sequence[Span]) -> list[Span]:
    """The days of all these periods, each once: between any two edges of periods that follow each other."""
    edges = sorted({day for period in periods for day in period})
    return [span for span in pairwise(edges) if any(_within(span, period) for period in periods)]


def _within(span: Span, of: Span) -> bool:
    return of[0] <= span[0] and span[1] <= of[1]


def _gross(found: Mapping[str, Any], spans: Sequence[Span], channels: Codes, currencies: Codes) -> dict[Span, dict[Group, int]]:
    of = groups(found["spans"], found["channels"], found["currencies"])
    sums: dict[Span, dict[Group, int]] = {span: {} for span in spans}
    gross = exact.sums(found["gross"], of.of_rows, of.length).every()
    for (span, channel, currency), amount in zip(of.keys, gross, strict=True):
        sums[spans[span]][channels.texts[channel], currencies.texts[currency]] = amount
    return sums


def _portions(
    connection: Connection, spans: Sequence[Span], zone: tzinfo, amounts: Mapping[str, ColumnElement[Any]]
) -> Iterator[dict[str, Any]]:
    """These columns of all rows of these days, with the numbers of their spans, and channels and currencies.

    The database joins both of these as one text, which takes half the time: there are few different pairs.
    """
    import numpy as np

    columns: dict[str, ColumnElement[Any]] = {"pairs": sales.c.channel + literal(BETWEEN) + sales.c.currency, **amounts}
    for number, (from_, to) in enumerate(spans):
        for _, within in inside(sales.c, Days(from_=from_, to=to, zone=zone)):
            for portion in portions(connection, columns, (within,), by_place(connection, sales, (within,))):
                yield portion | {"spans": np.full(len(portion["pairs"]), number)}


def _joined(reading: Iterable[dict[str, Any]], amounts: Iterable[str], channels: Codes, currencies: Codes) -> dict[str, Any]:
    """The columns of all portions, with the numbers of their channels and currencies."""
    import numpy as np

    pairs = Codes()
    read: dict[str, list[Any]] = {name: [] for name in ("pairs", "spans", *amounts)}
    for portion in reading:
        portion["pairs"] = pairs.of(portion["pairs"])
        for name, values in portion.items():
            read[name].append(values)
    found = {name: np.concatenate(values) if values else np.zeros(0, np.int64) for name, values in read.items()}
    numbers, names = found.pop("pairs"), [pair.rpartition(BETWEEN) for pair in pairs.texts]
    found["channels"] = channels.of([channel for channel, _, _ in names])[numbers]
    found["currencies"] = currencies.of([currency for _, _, currency in names])[numbers]
    return found
