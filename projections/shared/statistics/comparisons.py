"""Each of several groups compared with all others together. p-values are adjusted, because there are several comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from projections.shared.figures import Test, as_decimal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from projections.shared.statistics.bootstrap import Reals

ADJUSTMENT = "Benjamini-Hochberg"
FEWEST_EVENTS = 20
SKEWNESS = 0.2
"""With more skewness, the first term of the Edgeworth series moves a tail of 2.5 % by about half a percent or more."""


class Sample(NamedTuple):
    """The number of values, and the sums of their powers. All samples that are compared have the same origin."""

    n: int
    sum: float
    squares: float
    cubes: float

    @classmethod
    def of(cls, values: Reals) -> Sample:
        return cls(len(values), float(values.sum()), float((values**2).sum()), float((values**3).sum()))

    @property
    def mean(self) -> float:
        return self.sum / self.n

    @property
    def variance(self) -> float:
        return max(self.squares - self.sum**2 / self.n, 0.0) / (self.n - 1)

    @property
    def third(self) -> float:
        """The third central moment."""
        return self.cubes / self.n - 3 * self.mean * self.squares / self.n + 2 * self.mean**3

    def less(self, other: Sample) -> Sample:
        return Sample(self.n - other.n, self.sum - other.sum, self.squares - other.squares, self.cubes - other.cubes)


def rates(successes: Sequence[int], trials: Sequence[int]) -> list[Test | None]:
    """Tests whether each group has the rate of the others, by the pooled z (Pearson's chi-square of the 2 × 2 table is z²).

    None for a group that has, or whose others have, fewer than `FEWEST_EVENTS` successes or failures: the normal
    approximation does not hold.
    """
    k, n = sum(successes), sum(trials)
    found = [_rate(one, of, k - one, n - of) for one, of in zip(successes, trials, strict=True)]
    return _adjusted("pooled z", found)


def _rate(one: int, of: int, others: int, of_others: int) -> tuple[float, float] | None:
    from math import copysign

    from scipy.stats import chi2_contingency

    table = ((one, of - one), (others, of_others - others))
    if min(map(min, table)) < FEWEST_EVENTS:
        return None
    found = chi2_contingency(table, correction=False)
    return copysign(float(found.statistic) ** 0.5, one / of - others / of_others), float(found.pvalue)


def means(groups: Sequence[NDArray[Any]]) -> list[Test | None]:
    """Tests whether each group of values has the mean of the others, by Welch (1947, https://doi.org/10.1093/biomet/34.1-2.28).

    None for a group that has, or whose others have, fewer than `FEWEST_EVENTS` values; if nothing varies; and if the values
    are too skewed for their number, so that the test would find a difference too often where there is none.
    """
    import numpy as np

    if not groups:
        return []
    # Around their common mean, sums of powers keep their digits.
    origin = float(np.concatenate(groups).mean())
    samples = [Sample.of(group.astype(np.float64) - origin) for group in groups]
    every = Sample(*(sum(column) for column in zip(*samples, strict=True)))
    return _adjusted("Welch t", [_mean(one, every.less(one)) for one in samples])


def _mean(one: Sample, others: Sample) -> tuple[float, float] | None:
    from scipy.stats import ttest_ind_from_stats

    if min(one.n, others.n) < FEWEST_EVENTS or not one.variance + others.variance or _is_skewed(one, others):
        return None
    moments = (value for of in (one, others) for value in (of.mean, of.variance**0.5, of.n))
    found = ttest_ind_from_stats(*moments, equal_var=False)
    return float(found.statistic), float(found.pvalue)


def _is_skewed(one: Sample, others: Sample) -> bool:
    """Whether the estimated difference is too skewed for Welch's test (Hall 1992, section 2.6).

    Also if both had the same distribution: a small group without its few large values does not look skewed, and is.
    """
    a, b = one.n, others.n
    apart = (one.third / a**2 - others.third / b**2) / (one.variance / a + others.variance / b) ** 1.5
    third = (a * one.third + b * others.third) / (a + b)
    variance = ((a - 1) * one.variance + (b - 1) * others.variance) / (a + b - 2)
    alike = third * (1 / a**2 - 1 / b**2) / (variance * (1 / a + 1 / b)) ** 1.5
    return bool(max(abs(apart), abs(alike)) > SKEWNESS)


def _adjusted(method: str, found: Sequence[tuple[float, float] | None]) -> list[Test | None]:
    from scipy.stats import false_discovery_control

    known = [p for _, p in filter(None, found)]
    adjusted = iter(false_discovery_control(known).tolist() if known else ())
    return [
        None
        if one is None
        else Test(
            method=method,
            statistic=as_decimal(one[0]),
            p_value=as_decimal(one[1]),
            adjusted_p_value=as_decimal(next(adjusted)),
            adjustment=ADJUSTMENT,
        )
        for one in found
    ]
