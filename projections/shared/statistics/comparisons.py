"""Each of several groups compared with all others together. p-values are adjusted, because there are several comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from projections.shared.figures import Test, as_decimal

if TYPE_CHECKING:
    from numpy.typing import NDArray

ADJUSTMENT = "Benjamini-Hochberg"
FEWEST_EVENTS = 20


class Sample(NamedTuple):
    """The number of values, their sum, and the sum of their squares."""

    n: int
    sum: float
    squares: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> Sample:
        import numpy as np

        exact = values.astype(np.float64)
        return cls(len(values), float(exact.sum()), float(exact @ exact))

    @property
    def variance(self) -> float:
        return max(self.squares - self.sum**2 / self.n, 0.0) / (self.n - 1)

    def less(self, other: Sample) -> Sample:
        return Sample(self.n - other.n, self.sum - other.sum, self.squares - other.squares)


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


def means(samples: Sequence[Sample]) -> list[Test | None]:
    """Tests whether each group has the mean of the others, by Welch (1947, https://doi.org/10.1093/biomet/34.1-2.28).

    None for a group that has, or whose others have, fewer than `FEWEST_EVENTS` values, and if nothing varies.
    """
    every = Sample(*(sum(column) for column in zip(*samples, strict=True))) if samples else None
    return _adjusted("Welch t", [_mean(one, every.less(one)) for one in samples] if every else [])


def _mean(one: Sample, others: Sample) -> tuple[float, float] | None:
    from scipy.stats import ttest_ind_from_stats

    if min(one.n, others.n) < FEWEST_EVENTS or not one.variance + others.variance:
        return None
    moments = (value for of in (one, others) for value in (of.sum / of.n, of.variance**0.5, of.n))
    found = ttest_ind_from_stats(*moments, equal_var=False)
    return float(found.statistic), float(found.pvalue)


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
