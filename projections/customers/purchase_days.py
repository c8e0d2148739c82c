"""The purchase days of a customer, packed into one value: a report on a million customers reads these, instead of the texts.

The value has entries of a fixed width. An entry of day 0 begins the days in one currency and has its number; the first such
entry of a customer, and only that one, is marked. So the values of many customers can be joined and separated again. A customer
without a purchase has such an entry without a currency. A net of more than 64 bits has several entries, of which only the first
has orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from struct import Struct
from typing import TYPE_CHECKING

from domain.shared.money import from_minor_units, minor_digits
from projections.customers.customer_behaviour import Behaviour, Spent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Whole = NDArray[np.int64]

_ENTRY = Struct("<iiq")
_LEAST, _MOST = -(2**63), 2**63 - 1
NO_CURRENCY, BEGINS = 0, 1
EXACT = 2**20
"""A sum whose upper half is smaller is exact as a number of 64 bits, and as a float."""


def packed_days(behaviour: Behaviour) -> bytes:
    entries: list[bytes] = []
    for currency in sorted(behaviour.purchases):
        entries.append(_ENTRY.pack(0, 0 if entries else BEGINS, number_of(currency)))
        for day, spent in sorted(behaviour.purchases[currency].items()):
            entries += _entries(date.fromisoformat(day).toordinal(), spent)
    return b"".join(entries) or _ENTRY.pack(0, BEGINS, NO_CURRENCY)


def _entries(day: int, spent: Spent) -> Iterator[bytes]:
    orders, net = spent
    while True:
        part = max(_LEAST, min(net, _MOST))
        yield _ENTRY.pack(day, orders, part)
        orders, net = 0, net - part
        if not net:
            return


def number_of(currency: str) -> int:
    return int.from_bytes(currency.encode())


def currency_of(number: int) -> str:
    return number.to_bytes(3).decode()


class PurchaseDays:
    """The purchase days of many customers, who are numbered from 0: `joined` are their packed values.

    `owners`, `currencies` (as numbers), `days` (proleptic Gregorian ordinals), `orders` and `nets` (in minor units) have a
    value for each entry, of one customer after the other and of each in the order of currencies and days.
    """

    def __init__(self, joined: bytes) -> None:
        import numpy as np

        self._entries = np.frombuffer(joined, dtype=[("day", "<i4"), ("orders", "<i4"), ("net", "<i8")])
        begins = self._entries["day"] == 0
        marked = begins & (self._entries["orders"] == BEGINS)
        self._owners = np.cumsum(marked) - 1
        runs = np.flatnonzero(begins)
        lengths = np.diff(np.append(runs, len(self._entries)))
        currencies = np.repeat(self._entries["net"][runs], lengths)
        self._customers = int(marked.sum())
        self.owners, self.currencies = self._owners[~begins], currencies[~begins]
        self.days, self.orders, self.nets = (self._entries[name][~begins] for name in ("day", "orders", "net"))

    def __len__(self) -> int:
        return self._customers

    def without(self, some: Flags) -> bytes:
        """The packed values of the other customers."""
        others: bytes = self._entries[~some[self._owners]].tobytes()
        return others

    def known_currencies(self) -> set[str]:
        """The currencies that these customers bought in."""
        import numpy as np

        return {currency_of(number) for number in np.unique(self.currencies).tolist()}

    def within(self, first: Numbers | float, end: float) -> Within:
        """Only the days from `first`, which may differ from customer to customer, to before `end`."""
        import numpy as np

        begins = np.broadcast_to(np.asarray(first, dtype=float), len(self))[self.owners]
        return Within(self, np.flatnonzero((self.days >= begins) & (self.days < end)))


class Within:
    """The purchase days of many customers within a window. Each feature is that of `customer_behaviour`, or NaN."""

    def __init__(self, of: PurchaseDays, there: Whole) -> None:
        self._customers = len(of)
        self._owners, self._currencies = of.owners[there], of.currencies[there]
        self._days, self._orders, self._nets = of.days[there], of.orders[there], of.nets[there]

    def value(self, name: str, currency: str | None) -> Numbers:
        import numpy as np

        match name:
            case "orders":
                return np.bincount(self._owners, self._orders, self._customers).astype(float)
            case "frequency":
                return np.where(self._bought(), self._counted() - 1, np.nan)
            case "recency":
                first, last = self._edges(np.ones(len(self._owners), np.bool_))
                return np.where(self._bought(), last - first, np.nan)
            case _:
                return self._money(name, currency or "")

    def _bought(self) -> Flags:
        import numpy as np

        found: Flags = np.bincount(self._owners, minlength=self._customers) > 0
        return found

    def _counted(self) -> Numbers:
        """The number of different days, in whatever currency."""
        import numpy as np

        each = np.sort((self._owners << 32) + self._days)
        return np.bincount(each[np.diff(each, prepend=-1) > 0] >> 32, minlength=self._customers).astype(float)

    def _edges(self, some: Flags) -> tuple[Numbers, Numbers]:
        import numpy as np

        first, last = np.full(self._customers, np.inf), np.full(self._customers, -np.inf)
        np.minimum.at(first, self._owners[some], self._days[some])
        np.maximum.at(last, self._owners[some], self._days[some])
        return first, last

    def _money(self, name: str, currency: str) -> Numbers:
        import numpy as np

        some = self._currencies == number_of(currency)
        if name == "total":
            return self._sums(some, currency)
        days = np.bincount(self._owners[some & (self._orders != 0)], minlength=self._customers)
        first, _ = self._edges(some)
        later = some & (self._days > first[self._owners])
        mean = np.divide(self._sums(later, currency), days - 1, out=np.zeros(self._customers), where=days > 1)
        found: Numbers = np.where(days > 0, mean, np.nan)
        return found

    def _sums(self, some: Flags, currency: str) -> Numbers:
        """The net of each customer in units of the currency: the float nearest to the exact sum."""
        import numpy as np

        owners, nets = self._owners[some], self._nets[some]
        # Halves of 32 bits, whose sums are exact as floats: a customer has fewer than 2²¹ days.
        high = np.bincount(owners, nets >> 32, self._customers).astype(np.int64)
        low = np.bincount(owners, nets & 0xFFFFFFFF, self._customers).astype(np.int64)
        high, low = high + (low >> 32), low & 0xFFFFFFFF
        exact = np.abs(high) < EXACT
        found: Numbers = (np.where(exact, high << 32, 0) + low) / 10 ** minor_digits(currency)
        for place in np.flatnonzero(~exact).tolist():
            found[place] = float(from_minor_units((int(high[place]) << 32) + int(low[place]), currency))
        return found
