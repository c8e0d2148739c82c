"""The behaviour of a customer, packed into one value: a segment report reads a million of these, instead of as many texts.

The value has entries of a fixed width. The first one of a customer, and only that one, begins with 0; so the values of many
customers can be joined and separated again. The second has the purchase days, if there are any. The others have the money in
one currency each; if there are several currencies, also the purchase days in each. Numbers of attributes are not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from struct import Struct
from typing import TYPE_CHECKING

import msgspec

from domain.segmentation.segment_model import Feature
from domain.shared.attributes import Number
from projections.customers.customer_behaviour import Behaviour, value
from projections.customers.purchase_days import PurchaseDays, Within, number_of
from projections.customers.purchase_summaries import Summaries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_COUNTED, _BOUGHT, _SPENT, _DAYS = Struct("<q4i"), Struct("<q2i8x"), Struct("<q2d"), Struct("<q3i4x")
CUSTOMER, PURCHASES = 0, 1
OWN_DAYS = 1 << 32
"""The bit of an entry with the purchase days in one currency, beside the number of the currency."""


class Attributes(msgspec.Struct):
    """The part of a behaviour that is not packed."""

    numbers: dict[str, Number] = {}


_attributes = msgspec.json.Decoder(list[Attributes]).decode


def attributes(states: Sequence[str]) -> list[Attributes]:
    """The attributes of many customers, by the whole states of their behaviour."""
    return _attributes(f"[{','.join(states)}]")


def packed(behaviour: Behaviour) -> bytes:
    purchases = behaviour.purchases
    orders = sum(spent.orders for days in purchases.values() for spent in days.values())
    days: Collection[str] = set().union(*purchases.values())
    entries = [_COUNTED.pack(CUSTOMER, behaviour.tickets, behaviour.touches, orders, len(days))]
    if days:
        edges = (date.fromisoformat(day).toordinal() for day in (min(days), max(days)))
        entries.append(_BOUGHT.pack(PURCHASES, *edges))
    for currency in sorted(purchases):
        money = (value(Feature(name=name, currency=currency), behaviour, date.max) for name in ("total", "monetary"))
        entries.append(_SPENT.pack(number_of(currency), *money))
        if len(purchases) > 1:
            own = purchases[currency]
            edges = (date.fromisoformat(day).toordinal() for day in (min(own), max(own)))
            entries.append(_DAYS.pack(number_of(currency) | OWN_DAYS, *edges, len(own)))
    return b"".join(entries)


class Behaviours:
    """The behaviour of many customers: `joined` are their packed values.

    `attributes` are only needed for such features, and joined `purchase_days` for features within a window.
    """

    def __init__(self, joined: bytes, attributes: Sequence[Attributes] = (), purchase_days: bytes = b"") -> None:
        import numpy as np

        self._entries = np.frombuffer(joined, dtype="<i8").reshape(-1, 3)
        self._kinds = self._entries[:, 0]
        self._numbers = np.frombuffer(joined, dtype="<i4").reshape(-1, 6)[:, 2:]
        self._money = np.frombuffer(joined, dtype="<f8").reshape(-1, 3)[:, 1:]
        self._owners = np.cumsum(self._kinds == CUSTOMER) - 1
        self._attributes = attributes
        self._purchase_days = purchase_days
        tickets, touches, orders, days = self._numbers[self._kinds == CUSTOMER].T.astype(float)
        self._counts: dict[str, Numbers] = {"tickets": tickets, "touches": touches, "orders": orders}
        self._frequency = days - 1
        bought = self._kinds == PURCHASES
        self._first, self._last = (np.full(len(days), np.nan) for _ in range(2))
        for edge, column in ((self._first, 0), (self._last, 1)):
            edge[self._owners[bought]] = self._numbers[bought, column]

    def __len__(self) -> int:
        return len(self._first)

    def without(self, some: NDArray[np.bool_]) -> Behaviours:
        """The others, who have other places then."""
        attributes = [one for one, is_out in zip(self._attributes, some.tolist(), strict=False) if not is_out]
        days = PurchaseDays(self._purchase_days).without(some) if self._purchase_days else b""
        return Behaviours(self._entries[~some[self._owners]].tobytes(), attributes, days)

    def as_of(self, day: date) -> Numbers:
        """The day as of which the features of each customer are: this one, or their last purchase day if that is later."""
        import numpy as np

        found: Numbers = np.fmax(self._last, day.toordinal())
        return found

    def within(self, first: Numbers | float, end: float) -> Within:
        """Their purchase days from `first`, which may differ from customer to customer, to before `end`."""
        return PurchaseDays(self._purchase_days).within(first, end)

    def values(self, feature: Feature, day: date) -> Numbers:
        """The feature of each customer as `customer_behaviour.values` computes it; NaN if the customer lacks it."""
        import numpy as np

        if feature.attribute is not None:
            key = feature.attribute
            attributes: Numbers = np.array([one.numbers.get(key, np.nan) for one in self._attributes], dtype=float)
            return attributes
        if feature.currency is not None:
            return self._in_currency(feature.name, feature.currency)
        if feature.name in self._counts:
            return self._counts[feature.name]
        as_of = self.as_of(day)
        timing: dict[str, Numbers] = {
            "frequency": self._frequency,
            "recency": self._last - self._first,
            "T": as_of - self._first,
            "days_since_last": as_of - self._last,
        }
        found: Numbers = np.where(np.isnan(self._first), np.nan, timing.get(feature.name, np.nan))
        return found

    def purchases(self, currency: str, day: date) -> Summaries:
        """The purchases of each customer in the currency, as of this day or of their last such purchase if that is later."""
        import numpy as np

        days = np.zeros(len(self))
        first, last = (np.full(len(self), np.nan) for _ in range(2))
        there = self._owners[self._kinds == number_of(currency)]
        days[there], first[there], last[there] = self._frequency[there] + 1, self._first[there], self._last[there]
        own = self._kinds == number_of(currency) | OWN_DAYS
        for of, column in ((first, 0), (last, 1), (days, 2)):
            of[self._owners[own]] = self._numbers[own, column]
        bought = days > 0
        as_of = np.maximum(last, day.toordinal())
        mean = self._in_currency("monetary", currency)
        timing = (np.where(bought, of, 0.0) for of in (last - first, as_of - first, mean))
        return Summaries(bought, np.maximum(days - 1, 0), *timing)

    def _in_currency(self, name: str, currency: str) -> Numbers:
        import numpy as np

        which = self._kinds == number_of(currency)
        found: Numbers = np.full(len(self), 0.0 if name == "total" else np.nan)
        found[self._owners[which]] = self._money[which, 0 if name == "total" else 1]
        return found
