"""Waiting times: how often the intervals of a curve contain the truth, and how often equal groups are found to differ.

Tickets are opened evenly over some time. What lasts longer than until its end is open then, as in a report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.integrate import quad

from projections.customers.feedback_scores import net_promoter_score
from projections.service.waiting_figures import FEW
from projections.shared.statistics.log_rank import log_rank
from projections.shared.statistics.quantiles import ranks
from projections.shared.statistics.survival import Bounded, Curve, curve
from tests.benchmarks.calibration.calibrated import Calibrated

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECONDS = 100_000
"""The scale of waiting times; whole numbers of this size are as good as continuous."""
WAITS = {"exponential": stats.expon(scale=SECONDS), "log-normal": stats.lognorm(1.2, scale=SECONDS)}
SIZES = (30, 100, 400, 1_000)
OPEN = {"nothing open": 0.0, "a tenth open": 0.1, "a third open": 0.33}
RUNS, SCORES, ENOUGH = 1_200, 2_000, 300
LEAST = 0.93
"""Cells with less coverage are listed."""


def figures() -> Iterator[Calibrated]:
    draw = np.random.default_rng(17)
    quantiles: dict[float, dict[str, float]] = {0.5: {}, 0.9: {}}
    means: dict[str, float] = {}
    for (name, waits), size, (left, share) in product(WAITS.items(), SIZES, OPEN.items()):
        cell, until = f"{name}, n {size}, {left}", int(waits.ppf(0.6))
        mean, _ = quad(waits.sf, 0, until)
        curves = [observed(draw, waits, size, share) for _ in range(RUNS)]
        for part, cells in quantiles.items():
            sure = [quantile for one in curves if (quantile := _without_caution(one, part))]
            if len(sure) >= ENOUGH:
                cells[cell] = covered(sure, waits.ppf(part))
        means[cell] = covered([one.restricted_mean(until) for one in curves], mean)
    yield _on_average("Brookmeyer-Crowley contains the median", quantiles[0.5], LEAST)
    yield _on_average("Brookmeyer-Crowley contains the 90th percentile", quantiles[0.9], LEAST)
    yield _on_average("Greenwood contains the restricted mean", means, LEAST)
    yield _order_statistics()
    yield from (equal_groups(draw, groups) for groups in (2, 5))
    yield _net_promoter_scores(draw)


def observed(draw: np.random.Generator, waits: stats.rv_continuous, size: int, share: float) -> Curve:
    """The curve of tickets opened evenly over such a time that about this share of them is open at its end."""
    took = waits.rvs(size, random_state=draw)
    if not share:
        return curve(took.astype(np.int64), np.ones(size, bool))
    period = SECONDS * _period(waits.dist.name, share)
    age = draw.random(size) * period
    return curve(np.minimum(took, age).astype(np.int64), took <= age)


def _period(name: str, share: float) -> float:
    """How many times `SECONDS` tickets are opened, so that about this share is open at the end."""
    known = {("expon", 0.1): 10.0, ("expon", 0.33): 2.85, ("lognorm", 0.1): 18.0, ("lognorm", 0.33): 3.9}
    return known[name, share]


def _without_caution(found: Curve, part: float) -> Bounded | None:
    """The quantile, if a report shows it without a caution."""
    quantile = found.quantile(part)
    return None if quantile.value is not None and found.lasting(quantile.value) < FEW else quantile


def covered(found: Sequence[Bounded], truth: float) -> float:
    """How often the truth is between the bounds; no bound excludes nothing."""
    inside = [(one.low is None or one.low <= truth) and (one.high is None or truth <= one.high) for one in found]
    return sum(inside) / len(inside)


def _on_average(what: str, cells: Mapping[str, float], least: float) -> Calibrated:
    low = {name: share for name, share in cells.items() if share < LEAST}
    note = "; ".join(f"{name}: {share:.1%}" for name, share in low.items()) or f"least {min(cells.values()):.1%}"
    return Calibrated(what, sum(cells.values()) / len(cells), least, 1.0, note)


def _order_statistics() -> Calibrated:
    """Computed exactly: the probability that the quantile is between both ranks."""
    counts = np.arange(30, 5_000)
    cells = {}
    for part in (0.5, 0.9, 0.95):
        low, high = ranks(part, counts)
        cells[f"quantile {part}"] = float(
            (stats.binom.cdf(high - 1, counts, part) - stats.binom.cdf(low - 1, counts, part)).min()
        )
    return Calibrated("order statistics contain the quantile, least for n from 30 to 5,000", min(cells.values()), 0.95, 1.0)


def equal_groups(draw: np.random.Generator, groups: int) -> Calibrated:
    found = []
    for _ in range(RUNS):
        took, age = (draw.exponential(SECONDS, 200).astype(np.int64), (draw.random(200) * 3 * SECONDS).astype(np.int64))
        test = log_rank(np.minimum(took, age), took <= age, draw.integers(0, groups, 200), groups)
        found.append(test is not None and test.p_value < 0.05)
    return Calibrated(f"log-rank finds a difference between {groups} equal groups of 200", sum(found) / RUNS, 0.035, 0.065)


def _net_promoter_scores(draw: np.random.Generator) -> Calibrated:
    cells = {}
    for shares, answers in product(((0.5, 0.3, 0.2), (0.8, 0.15, 0.05), (0.1, 0.2, 0.7), (0.34, 0.33, 0.33)), (20, 100)):
        drawn: NDArray[np.int64] = draw.multinomial(answers, shares, SCORES)
        intervals = [net_promoter_score(int(one[0]), int(one[2]), answers).interval for one in drawn]
        score = 100 * (shares[0] - shares[2])
        inside = [float(one.low or 0) <= score <= float(one.high or 0) for one in intervals if one]
        cells[f"{shares}, n {answers}"] = sum(inside) / SCORES
    return _on_average("Bonett-Price contains the net promoter score", cells, 0.94)
