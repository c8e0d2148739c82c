"""A customer's behaviour as numbers: the features for segments, from facts under the customer's own subject.

The day of a fact is its own date if it was recorded with one, else its day in UTC. The definitions of frequency, recency, T
and monetary are those of RFM and "buy till you die" models (Fader, Hardie, Lee 2005), as `lifetimes`'
`summary_data_from_transaction_data` counts them:

* orders = orders placed, without test orders and without fully cancelled orders. A day with an order is a purchase day.
* frequency = purchase days − 1; recency = last − first purchase day; T = as-of day − first; days_since_last = as-of − last.
* total = net sales of these orders in one currency (gross − discounts − returns, as `order_book.figures` counts them).
* monetary = mean net per purchase day in that currency, without the first purchase day; 0 if there is only one purchase day.
  An order counts on the day it was placed.
* tickets = tickets opened, without those that are discarded.
* touches = touchpoints, and touches of every kind in campaigns; retracted touches do not count.
* attribute:<key> = the customer's attribute that is a number; a flag is 0 or 1.

The as-of day is never before the last purchase day. A customer without a purchase lacks frequency, recency, T,
days_since_last and monetary. An order or ticket that began with a guest stays the guest's when it is linked to a customer
later, and does not count for that customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

import msgspec

from domain.segmentation.segment_model import Feature
from domain.shared.attributes import Number
from domain.shared.money import from_minor_units


class Spent(NamedTuple):
    """A purchase day in one currency: the number of orders, and their net sales in minor units."""

    orders: int
    net: int


class Behaviour(msgspec.Struct, omit_defaults=True):
    """The input for a customer's features. `purchases` are by currency and day (ISO 8601)."""

    purchases: dict[str, dict[str, Spent]] = {}
    tickets: int = 0
    touches: int = 0
    numbers: dict[str, Number] = {}

    @property
    def last_day(self) -> date | None:
        """The last purchase day."""
        days = [max(days) for days in self.purchases.values()]
        return date.fromisoformat(max(days)) if days else None

    def set_numbers(self, numbers: dict[str, Number | None], texts: Collection[str] = ()) -> None:
        """Merge the numbers; None removes a number. `texts` are keys that have a text now, which removes their number too."""
        self.numbers.update({key: value for key, value in numbers.items() if value is not None})
        for key in (*texts, *(key for key, value in numbers.items() if value is None)):
            self.numbers.pop(key, None)

    def spend(self, currency: str, day: date, orders: int, net: int) -> None:
        """Add to a day; a day with no order left is no purchase day any more."""
        days, on = self.purchases.setdefault(currency, {}), day.isoformat()
        before = days.get(on, Spent(0, 0))
        days[on] = Spent(before.orders + orders, before.net + net)
        if not days[on].orders:
            del days[on]
        if not days:
            del self.purchases[currency]

    def add(self, other: Behaviour) -> None:
        """Add the behaviour of another record of the same customer; if both have a number under one key, this one's stays."""
        for currency, days in other.purchases.items():
            for day, spent in days.items():
                self.spend(currency, date.fromisoformat(day), *spent)
        self.tickets += other.tickets
        self.touches += other.touches
        self.numbers = other.numbers | self.numbers

    def dump(self) -> str:
        return _encode(self).decode()


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Behaviour).decode


def load(state: str) -> Behaviour:
    """The behaviour as it was dumped."""
    return _decode(state)


def value(feature: Feature, behaviour: Behaviour, day: date) -> float | None:
    """The feature as of this day, which is not before the last purchase; None if the customer lacks it."""
    if feature.attribute is not None:
        number = behaviour.numbers.get(feature.attribute)
        return None if number is None else float(number)
    if feature.name in ("tickets", "touches"):
        return float(getattr(behaviour, feature.name))
    if feature.currency is not None:
        return _money(feature.name, feature.currency, behaviour.purchases.get(feature.currency, {}))
    return _timing(feature.name, behaviour.purchases, day)


def _money(name: str, currency: str, days: dict[str, Spent]) -> float | None:
    total = sum(spent.net for spent in days.values())
    if name == "total":
        return _in_units(total, currency)
    if not days:
        return None
    later = len(days) - 1
    return _in_units(total - days[min(days)].net, currency) / later if later else 0.0


def _in_units(net: int, currency: str) -> float:
    return float(from_minor_units(net, currency))


def _timing(name: str, purchases: dict[str, dict[str, Spent]], day: date) -> float | None:
    if name == "orders":
        return float(sum(spent.orders for days in purchases.values() for spent in days.values()))
    days: Collection[str] = set().union(*purchases.values()) if len(purchases) > 1 else next(iter(purchases.values()), ())
    if not days:
        return None
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    match name:
        case "frequency":
            return float(len(days) - 1)
        case "recency":
            return float((last - first).days)
        case "T":
            return float((day - first).days)
        case "days_since_last":
            return float((day - last).days)
        case _:
            return None


def values(features: Iterable[Feature], behaviour: Behaviour, day: date) -> list[float | None]:
    """The values of these features; a day before the customer's last purchase is moved to the day of that purchase."""
    as_of = as_of_day(behaviour, day)
    return [value(feature, behaviour, as_of) for feature in features]


def as_of_day(behaviour: Behaviour, day: date) -> date:
    last = behaviour.last_day
    return day if last is None else max(day, last)
