"""The comparison of channels and the trend of sales: how often intervals contain the truth, and what is found by chance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from projections.shared.figures import Test
from projections.shared.statistics.bootstrap import of_mean
from projections.shared.statistics.comparisons import means, rates
from projections.shared.statistics.shrinkage import shrunk
from projections.shared.statistics.trends import theil_sen
from tests.benchmarks.calibration.calibrated import Calibrated

SEED = 11
SPREAD = 1.0
"""Order values are log-normal with this standard deviation of their logarithm: most shops have less."""


def figures(scale: float = 1.0) -> Iterator[Calibrated]:
    """With a smaller scale, fewer runs."""
    chance = np.random.default_rng(SEED)
    for several, runs in ((50, 1_000), (100, 1_000), (200, 1_000), (1_000, 400), (5_000, 400)):
        yield _averages(chance, several, int(runs * scale))
    yield _equal_rates(chance, int(2_000 * scale))
    yield _equal_means(chance, int(20_000 * scale))
    yield _drawn(chance, int(400 * scale))
    for weeks in (8, 26, 104):
        yield _trends(chance, weeks, int(2_000 * scale))


def _averages(chance: np.random.Generator, several: int, runs: int) -> Calibrated:
    true = float(np.exp(SPREAD**2 / 2))
    found = [of_mean(chance.lognormal(0, SPREAD, several)) for _ in range(runs)]
    inside = sum(one is not None and one.low <= true <= one.high for one in found)
    # The values are very skewed: with few of them, no interval that makes no assumption covers 95 %.
    low = 0.93 if several >= 1_000 else 0.90
    return Calibrated(f"bootstrap contains the average of {several} orders", inside / runs, low, 0.97, f"{runs} runs")


def _equal_rates(chance: np.random.Generator, runs: int) -> Calibrated:
    trials = [200, 500, 1_000, 1_000, 2_000, 5_000, 10_000, 20_000]
    found = sum(_finds(rates(chance.binomial(trials, 0.12).tolist(), trials)) for _ in range(runs))
    return Calibrated("8 channels with the same rate: one seems to differ", found / runs, 0, 0.06, f"{runs} runs")


def _equal_means(chance: np.random.Generator, runs: int) -> Calibrated:
    sizes = [100, 400, 1_000, 2_000, 2_000, 4_000]
    share = sum(_finds(means([chance.lognormal(0, SPREAD, size) for size in sizes])) for _ in range(runs)) / runs
    # With 2,000 runs the error was 0.5 %, and such a figure once looked like a fault of the test.
    note = f"{runs} runs, Monte Carlo error {(share * (1 - share) / runs) ** 0.5:.2%}"
    return Calibrated("6 channels with the same average: one seems to differ", share, 0.04, 0.06, note)


def _finds(tests: list[Test | None]) -> bool:
    return any(one is not None and float(str(one.adjusted_p_value)) < 0.05 for one in tests)


def _drawn(chance: np.random.Generator, runs: int) -> Calibrated:
    """Of 12 channels of different sizes, whose rates have a beta distribution."""
    inside = total = 0
    better = []
    for _ in range(runs):
        trials = chance.integers(20, 2_000, 12)
        true = chance.beta(4, 76, 12)
        successes = chance.binomial(trials, true)
        found = shrunk(successes.tolist(), trials.tolist()) or []
        inside += sum(one.low <= rate <= one.high for one, rate in zip(found, true, strict=False))
        total += len(found)
        errors = np.array([one.rate for one in found]) - true[: len(found)]
        better.append(float((errors**2).sum() / ((successes / trials - true) ** 2).sum()) if len(found) else 1.0)
    note = f"{runs} runs; squared error {np.median(better):.2f} of that of the raw rates"
    return Calibrated("a shrunk rate's interval contains the rate", inside / total, 0.90, 0.97, note)


def _trends(chance: np.random.Generator, weeks: int, runs: int) -> Calibrated:
    found = [theil_sen((0.3 * np.arange(weeks) + chance.standard_t(3, weeks)).tolist()) for _ in range(runs)]
    inside = sum(one is not None and one.low <= 0.3 <= one.high for one in found)
    return Calibrated(f"the trend's interval contains it, {weeks} weeks", inside / runs, 0.93, 0.99, f"{runs} runs")
