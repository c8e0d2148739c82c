"""Predicted values: customers who behave as the models say are simulated, and what the models find is compared with the truth.

Half of the time is fitted, the other half is predicted. What is predicted is compared by the number of repeat purchases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from projections.shared.statistics import purchase_rates, spend_per_purchase
from projections.shared.statistics.likelihoods import Found
from projections.shared.statistics.proportions import Z
from projections.shared.statistics.purchase_rates import Histories, Rates
from projections.shared.statistics.spend_per_purchase import Spending
from tests.benchmarks.calibration.calibrated import Calibrated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Marks = NDArray[np.bool_]

SEED, RUNS, CUSTOMERS = 17, 60, 2_000
YOUNGEST, OLDEST, AHEAD = 27.0, 39.0, 39.0
"""Weeks: customers are so old at the cut-off, as those of the CDNOW sample are, and so long a time is predicted."""
BUYERS: Mapping[str, Rates] = {
    "seldom buyers": Rates(r=0.243, alpha=4.414, a=0.793, b=2.426),
    "regular buyers": Rates(r=1.5, alpha=9.0, a=0.6, b=4.0),
}
"""The first are the estimates for CDNOW of Fader, Hardie and Lee 2005."""
SPENDING = Spending(p=6.25, q=3.74, v=15.44)
"""The estimates for CDNOW of Fader and Hardie 2013."""
REPEATS: Mapping[str, tuple[int, float]] = {"0": (0, 0), "1": (1, 1), "2 or 3": (2, 3), "4 or more": (4, np.inf)}


class Simulated(NamedTuple):
    """Customers until the cut-off, and what they do after it: `money` is of `purchases`. `alive` is at the cut-off."""

    known: Histories
    mean: Numbers
    purchases: Numbers
    money: Numbers
    alive: Marks


class Predicted(NamedTuple):
    """What both models say about the same customers: `spend` is per purchase."""

    purchases: Numbers
    spend: Numbers
    alive: Numbers


def figures(runs: int = RUNS) -> Iterator[Calibrated]:
    chance = np.random.default_rng(SEED)
    for name, rates in BUYERS.items():
        shops = [simulated(chance, rates, SPENDING, CUSTOMERS) for _ in range(runs)]
        of_rates = [purchase_rates.fitted(shop.known) for shop in shops]
        of_spend = [_spend_fitted(shop) for shop in shops]
        yield from _parameters(name, Rates._fields, rates, of_rates)
        yield from _parameters(name, Spending._fields, SPENDING, of_spend)
        found = [
            predicted(Rates(*one.parameters), Spending(*other.parameters), shop)
            for shop, one, other in zip(shops, of_rates, of_spend, strict=True)
        ]
        yield from _predictions(name, shops, found)


def simulated(chance: np.random.Generator, rates: Rates, spending: Spending, customers: int) -> Simulated:
    """Customers who buy, spend and drop out as the models say. Their first purchase is at the time 0."""
    each = chance.gamma(rates.r, 1 / rates.alpha, customers)
    drops = chance.beta(rates.a, rates.b, customers)
    dear = chance.gamma(spending.q, 1 / spending.v, customers)
    age = chance.uniform(YOUNGEST, OLDEST, customers)
    at, t_x, x, total, purchases, money = np.zeros((6, customers))
    alive, active = np.ones(customers, bool), np.ones(customers, bool)
    while active.any():
        at[active] += chance.exponential(1, int(active.sum())) / each[active]
        active &= at < age + AHEAD
        before, after = active & (at < age), active & (at >= age)
        worth = chance.gamma(spending.p, 1, customers) / dear
        x[before] += 1
        total[before] += worth[before]
        t_x[before] = at[before]
        purchases[after] += 1
        money[after] += worth[after]
        gone = active & (chance.random(customers) < drops)
        alive &= ~(gone & before)
        active &= ~gone
    mean = np.divide(total, x, out=np.zeros(customers), where=x > 0)
    return Simulated(Histories(x, t_x, age, np.ones(customers)), mean, purchases, money, alive)


def _spend_fitted(shop: Simulated) -> Found:
    again = shop.known.x > 0
    return spend_per_purchase.fitted(shop.known.x[again], shop.mean[again])


def predicted(rates: Rates, spending: Spending, shop: Simulated) -> Predicted:
    return Predicted(
        purchase_rates.expected_purchases(rates, shop.known, AHEAD),
        spend_per_purchase.expected_spend(spending, shop.known.x, shop.mean),
        purchase_rates.alive(rates, shop.known),
    )


def _parameters(name: str, of: Sequence[str], true: Sequence[float], found: Sequence[Found]) -> Iterator[Calibrated]:
    """The median of the estimates, since some have a long tail; and how often the standard errors are right."""
    converged = [one for one in found if one.converged and one.errors]
    note = f"{len(converged)} of {len(found)} fits converged"
    for place, (letter, truth) in enumerate(zip(of, true, strict=True)):
        estimates = np.array([one.parameters[place] for one in converged])
        yield Calibrated(f"{name}: the median estimate of {letter}", float(np.median(estimates)) / truth, 0.93, 1.07, note)
    inside = [
        abs(np.log(one.parameters[place] / truth)) <= Z * one.errors[place]
        for one in converged
        if one.errors
        for place, truth in enumerate(true)
    ]
    what = f"{name}: 1.96 standard errors reach the truth, {', '.join(of)}"
    yield Calibrated(what, sum(inside) / len(inside), 0.92, 0.98, note)


def _predictions(name: str, shops: Sequence[Simulated], found: Sequence[Predicted]) -> Iterator[Calibrated]:
    """Of all runs together: what is predicted / what happens."""
    x, purchases, money, alive = (
        np.concatenate(column)
        for column in zip(*((shop.known.x, shop.purchases, shop.money, shop.alive) for shop in shops), strict=True)
    )
    expected, spend, chance_alive = (np.concatenate(column) for column in zip(*found, strict=True))
    yield _ratio(f"{name}: predicted / actual customers alive", chance_alive.sum(), alive.sum())
    for group, (least, most) in REPEATS.items():
        some = (x >= least) & (x <= most)
        of, customers = f"predicted / actual, {group} repeats", f"{int(some.sum()) // len(shops):,} of {CUSTOMERS:,} customers"
        yield _ratio(f"{name}: purchases {of}", expected[some].sum(), purchases[some].sum(), customers)
        # The money of the purchases that were made, so that the number of them has no part in it.
        yield _ratio(f"{name}: spend per purchase {of}", (spend * purchases)[some].sum(), money[some].sum(), customers)
        yield _ratio(f"{name}: value {of}", (expected * spend)[some].sum(), money[some].sum(), customers)


def _ratio(what: str, predicted: float, actual: float, note: str = "") -> Calibrated:
    return Calibrated(what, float(predicted / actual), 0.95, 1.05, note)
