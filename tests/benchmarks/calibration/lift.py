"""The lift of campaigns: how often intervals contain the truth, and how often a comparison of equal arms gives a verdict.

Coverage is computed exactly, by summing over all counts that are likely. What depends on spend or on many looks is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from projections.marketing.arms_compared import CLEAR, ENOUGH, SIGNIFICANCE, means
from projections.shared.ratios import wilson
from projections.shared.statistics.means import moments
from projections.shared.statistics.proportions import Share, Z, between_scores, divided, pooled_variance, score
from projections.shared.statistics.sequential import reach
from tests.benchmarks.calibration.calibrated import Calibrated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SIZES = ((100, 100), (400, 100), (1_000, 1_000), (9_000, 1_000), (20_000, 20_000), (90_000, 10_000))
RATES = (0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.8)
LIFTS = (1.0, 1.1, 1.5)
LEAST = 0.93
"""Cells with less coverage are listed."""
RUNS, LOOKS = 10_000, 30
RARE = 0.01
"""A verdict that fewer arms get is too rare to say how often it is wrong."""
CDNOW = Path(__file__).parents[2] / "data" / "cdnow" / "CDNOW_sample.txt"


def figures() -> Iterator[Calibrated]:
    yield from _coverage_of_wilson()
    yield from _coverage_of_newcombe()
    yield from _equal_rates()
    yield from _equal_spends()
    yield from _many_looks()


def _likely(n: int, rate: float) -> tuple[Numbers, Numbers]:
    """The counts that all but 1e-12 of the probability is on, and their probabilities."""
    counts = np.arange(binom.ppf(5e-13, n, rate), binom.ppf(1 - 5e-13, n, rate) + 1)
    return counts, binom.pmf(counts, n, rate)


def _coverage_of_wilson() -> Iterator[Calibrated]:
    cells = {}
    for n, rate in product((50, 100, 400, 1_000, 10_000), RATES):
        if n * rate >= ENOUGH:
            counts, chances = _likely(n, rate)
            intervals = [wilson(int(count), n) for count in counts]
            inside = [float(one.low or 0) <= rate <= float(one.high or 0) for one in intervals]
            cells[f"n {n}, rate {rate}"] = float(chances[inside].sum())
    yield _on_average("Wilson contains the rate", cells)


def _coverage_of_newcombe() -> Iterator[Calibrated]:
    cells = {}
    for (n, m), base, lift in product(SIZES, RATES, LIFTS):
        rate = base * lift
        if rate < 1 and n * rate >= ENOUGH and m * base >= ENOUGH:
            cells[f"{n:,} v {m:,}, rates {rate:.3g} and {base}"] = covered(n, rate, m, base)
    yield _on_average("Newcombe contains the difference of rates", cells)


def covered(n: int, rate: float, m: int, base: float) -> float:
    (counts, chances), (others, other_chances) = _likely(n, rate), _likely(m, base)
    # A row for each count of one arm, a column for each of the other.
    one, other = Share(counts[:, None], n), Share(others, m)
    low, high = between_scores(one.rate, score(one), other.rate, score(other))
    return float(chances @ ((low <= rate - base) & (rate - base <= high)) @ other_chances)


def _on_average(what: str, cells: dict[str, float]) -> Calibrated:
    below = [f"{cell}: {share:.2%}" for cell, share in cells.items() if share < LEAST]
    note = f"{len(cells)} cells, least {min(cells.values()):.2%}; below {LEAST:.0%}: {'; '.join(below) or 'none'}"
    return Calibrated(f"{what}, on average over a grid", float(np.mean(list(cells.values()))), 0.94, 0.96, note)


def _equal_rates() -> Iterator[Calibrated]:
    """Exactly: of the counts with a verdict, the share that the test rejects."""
    for (n, m), rate in product(((10_000, 10_000), (9_000, 1_000), (4_500, 500), (1_000, 1_000)), (0.03, 0.035, 0.05, 0.1)):
        share, shown, by_observed = rejected(n, m, rate)
        note = f"a verdict in {shown:.0%} of all; with {ENOUGH} observed events alone: {by_observed:.2%}"
        yield Calibrated(f"z rejects equal rates of {rate}, {n:,} v {m:,}", share, 0.04 if shown > RARE else 0, 0.06, note)


def rejected(n: int, m: int, rate: float) -> tuple[float, float, float]:
    """The share of verdicts that call equal arms different, that of arms with a verdict, and the first one by another rule.

    The other rule asks only for `ENOUGH` observed events in each arm.
    """
    (counts, chances), (others, other_chances) = _likely(n, rate), _likely(m, rate)
    one, other = Share(counts[:, None], n), Share(others, m)
    different = np.abs(one.rate - other.rate) > Z * pooled_variance(one, other) ** 0.5
    observed = (one.events >= ENOUGH) & (other.events >= ENOUGH)
    shown = observed & (np.minimum(*divided(one, other, CLEAR)) >= ENOUGH)

    def chance(of: NDArray[np.bool_]) -> float:
        return float(chances @ of @ other_chances)

    share, by_observed = (chance(some & different) / max(chance(some), RARE**3) for some in (shown, observed))
    return share, chance(shown), by_observed


def _equal_spends() -> Iterator[Calibrated]:
    """Simulated: of the comparisons of equal arms with a verdict, the share that Welch's test rejects. Spend is skewed."""
    chance, real = np.random.default_rng(17), _spend_of_cdnow()
    spends: dict[str, Callable[[int], Numbers]] = {
        "log-normal spend": lambda size: chance.lognormal(3.5, 1, size),
        "CDNOW spend": lambda size: chance.choice(real, size),
    }
    sizes = (
        *((10_000, 10_000, 0.03), (9_000, 1_000, 0.03), (9_000, 1_000, 0.1), (90_000, 10_000, 0.03)),
        *((27_000, 3_000, 0.1), (4_500, 1_500, 0.1), (1_000, 1_000, 0.1)),
    )
    for (n, m, rate), (name, drawn) in product(sizes, spends.items()):
        shown = found = 0
        buyers = chance.binomial((n, m), rate, (RUNS, 2))
        for one, other in buyers.tolist():
            compared = means(moments(drawn(one), n - one), moments(drawn(other), m - other), (one, other))
            if not compared.caution and compared.tested:
                shown += 1
                found += compared.tested.p_value < SIGNIFICANCE
        note, least = f"a verdict in {shown / len(buyers):.0%} of {len(buyers):,}", 0.04 if shown > RARE * RUNS else 0
        what = f"Welch rejects equal {name}, {rate:.0%} buyers, {n:,} v {m:,}"
        yield Calibrated(what, found / max(shown, 1), least, 0.06, note)


def _spend_of_cdnow() -> Numbers:
    """What each order of the sample was worth, without those that cost nothing."""
    lines = CDNOW.read_text().splitlines()
    worth = np.array([float(line.split()[-1]) for line in lines])
    return worth[worth > 0]


def _many_looks() -> Iterator[Calibrated]:
    """Simulated: equal arms are looked at as members come in, and a look fails if the interval does not contain 0."""
    chance = np.random.default_rng(17)
    for rate, total in ((0.01, 60_000), (0.05, 60_000), (0.2, 6_000)):
        sizes = np.linspace(0, total, LOOKS + 1)[1:].astype(int)
        n, m = sizes - sizes // 10, sizes // 10
        events = [chance.binomial(np.diff(size, prepend=0), rate, (RUNS, LOOKS)).cumsum(axis=1) for size in (n, m)]
        one, other = Share(events[0], n), Share(events[1], m)
        enough, distance = np.minimum(*events) >= ENOUGH, np.abs(one.rate - other.rate)
        variance = np.where(enough, pooled_variance(one, other), 1)
        fixed = (enough & (distance > Z * variance**0.5)).any(axis=1).mean()
        failed = (enough & (distance > reach(variance))).any(axis=1).mean()
        note = f"the interval for one look: {fixed:.0%}"
        what = f"always valid fails in {LOOKS} looks, rate {rate}, {total:,} members, 10 % hold-out"
        yield Calibrated(what, float(failed), 0, 0.05, note)
