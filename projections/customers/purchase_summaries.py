"""What models of future purchases know about customers: how often, how long and how much each has bought in one currency.

A purchase is a purchase day of `customer_behaviour`, with its definitions. `Summaries` are of all purchases until now; those
until an earlier day come from the purchase days themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from domain.shared.money import minor_digits
from projections.customers.purchase_days import PurchaseDays, number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Whole = NDArray[np.int64]


class Summaries(NamedTuple):
    """A value for each customer; zeros for those who have not `bought` in the currency.

    `repeats` are purchase days after the first one. `last_age` and `age` are the days from the first purchase day to the last
    one, and to the day as of which the summary is. `mean` is the mean net per repeat, 0 without one.
    """

    bought: Flags
    repeats: Numbers
    last_age: Numbers
    age: Numbers
    mean: Numbers

    def of(self, some: Flags | Whole | slice) -> Summaries:
        """Those of some customers only."""
        return Summaries(self.bought[some], self.repeats[some], self.last_age[some], self.age[some], self.mean[some])


def joined(parts: Sequence[Summaries]) -> Summaries:
    """The customers of several parts, one part after the other."""
    import numpy as np

    if not parts:
        return Summaries(np.zeros(0, bool), *(np.zeros(0) for _ in range(4)))
    return Summaries(*map(np.concatenate, zip(*parts, strict=True)))


def alike(of: Summaries) -> tuple[Summaries, Whole, Whole]:
    """One customer for all with the same repeats and ages; the place of each customer among these; how many share each."""
    import numpy as np

    key = np.zeros(len(of.repeats), np.int64)
    for column in (of.repeats, of.last_age, of.age):
        key = (key << _BITS) + column.astype(np.int64)
    _, first, places, customers = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    return of.of(first), places, customers


# So many days are 5,700 years; three such numbers are one of 63 binary digits.
_BITS = 21


class Purchases(NamedTuple):
    """The purchase days of customers who bought in one currency, one customer after the other; the days are in any order.

    `starts` has the place of the first day of each customer. Days are numbers (proleptic Gregorian ordinals), `net` is in
    minor units, of which `unit` make one unit of the currency.
    """

    starts: Whole
    days: Numbers
    net: Numbers
    unit: int

    def until(self, last_day: date) -> Summaries:
        """The summaries by purchases until the end of this day; who had not bought then has not `bought`."""
        import numpy as np

        if not len(self.starts):
            return joined(())
        end = last_day.toordinal()
        before = self.days <= end
        count = np.add.reduceat(before.astype(float), self.starts)
        first = np.minimum.reduceat(self.days, self.starts)
        last = np.maximum.reduceat(np.where(before, self.days, -np.inf), self.starts)
        later = before & (self.days != np.repeat(first, np.diff(np.append(self.starts, len(self.days)))))
        net = np.add.reduceat(np.where(later, self.net, 0.0), self.starts)
        bought, repeats = count > 0, np.maximum(count - 1, 0)
        mean = np.divide(net / self.unit, repeats, out=np.zeros(len(net)), where=repeats > 0)
        last_age, age = (np.where(bought, one, 0.0) for one in (last - first, end - first))
        return Summaries(bought, repeats, last_age, age, mean)

    def between(self, after: date, until: date) -> Purchases:
        """Only the days after one day and until the end of another; customers without such a day keep their place."""
        import numpy as np

        there = (self.days > after.toordinal()) & (self.days <= until.toordinal())
        return self._replace(net=np.where(there, self.net, 0.0), days=np.where(there, self.days, np.nan))

    def counts(self) -> Numbers:
        """The number of days of each customer."""
        import numpy as np

        if not len(self.starts):
            return np.zeros(0)
        counted: Numbers = np.add.reduceat((~np.isnan(self.days)).astype(float), self.starts)
        return counted

    def sums(self) -> Numbers:
        """The net of each customer, in units of the currency."""
        import numpy as np

        summed: Numbers = np.add.reduceat(self.net, self.starts) / self.unit if len(self.starts) else np.zeros(0)
        return summed


def purchases(portions: Iterable[PurchaseDays], currency: str) -> Purchases:
    """The purchase days in the currency."""
    import numpy as np

    starts, days, net, known = [np.zeros(0, np.int64)], [np.zeros(0)], [np.zeros(0)], 0
    for some in portions:
        there = np.flatnonzero(some.currencies == number_of(currency))
        owners, begins = some.owners[there], np.flatnonzero(some.orders[there])
        if len(begins):
            net.append(np.add.reduceat(some.nets[there].astype(float), begins))
            days.append(some.days[there][begins].astype(float))
            starts.append(np.flatnonzero(np.diff(owners[begins], prepend=-1)) + known)
            known += len(begins)
    return Purchases(np.concatenate(starts), np.concatenate(days), np.concatenate(net), 10 ** minor_digits(currency))


def currencies(portions: Iterable[PurchaseDays]) -> set[str]:
    """The currencies that customers bought in."""
    return {currency for some in portions for currency in some.known_currencies()}
