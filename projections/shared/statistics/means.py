"""Two means compared by Welch's test, from the moments of each group; and variance taken out with a covariate (CUPED)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SKEWNESS_LIMIT = 0.2
"""With more skewness, the first term of the Edgeworth series moves a tail of 2.5 % by about half a percent or more."""
LIMIT_TOGETHER = 0.15
"""The limit with the moments of both groups together, so that the limit with those of each group seldom decides."""


class Moments(NamedTuple):
    """`variance` is divided by n − 1; `third` is the mean of the cubes of the distances to the mean. `n` is at least 2."""

    n: int
    mean: float
    variance: float
    third: float

    def joined(self, other: Moments) -> Moments:
        """The moments of the values of both together."""
        n = self.n + other.n
        mean = (self.n * self.mean + other.n * other.mean) / n
        squares = cubes = 0.0
        for one in (self, other):
            apart, spread = one.mean - mean, (one.n - 1) * one.variance
            squares += spread + one.n * apart**2
            cubes += one.n * one.third + 3 * apart * spread + one.n * apart**3
        return Moments(n, mean, squares / (n - 1), cubes / n)


class Welch(NamedTuple):
    """The difference of two means, its interval at 95 %, and the test of no difference."""

    difference: float
    low: float
    high: float
    statistic: float
    p_value: float


def moments(values: Numbers, zeros: int = 0) -> Moments:
    """The moments of these values and of so many zeros beside them."""
    n = len(values) + zeros
    mean = float(values.sum()) / n
    distances = values - mean
    squared = distances * distances
    squares = float(squared.sum()) + zeros * mean**2
    cubes = float(squared @ distances) - zeros * mean**3
    return Moments(n, mean, squares / (n - 1), cubes / n)


def welch(one: Moments, other: Moments) -> Welch | None:
    """`one` − `other` (Welch 1947, https://doi.org/10.1093/biomet/34.1-2.28). None if neither of them varies."""
    from scipy.special import stdtrit
    from scipy.stats import ttest_ind_from_stats

    spread, others = one.variance / one.n, other.variance / other.n
    if not spread + others:
        return None
    tested = ttest_ind_from_stats(one.mean, one.variance**0.5, one.n, other.mean, other.variance**0.5, other.n, equal_var=False)
    freedom = (spread + others) ** 2 / (spread**2 / (one.n - 1) + others**2 / (other.n - 1))
    reach = float(stdtrit(freedom, 0.975)) * (spread + others) ** 0.5
    difference = one.mean - other.mean
    return Welch(difference, difference - reach, difference + reach, float(tested.statistic), float(tested.pvalue))


def skewness_of_difference(one: Moments, other: Moments) -> float:
    """The skewness of the estimated difference of the means; 0 if neither of them varies.

    It says how far Welch's test can be trusted (Hall 1992, https://doi.org/10.1007/978-1-4612-4384-7, section 2.6).
    """
    scale = (one.variance / one.n + other.variance / other.n) ** 1.5
    return (one.third / one.n**2 - other.third / other.n**2) / scale if scale else 0.0


def skewness_if_alike(one: Moments, other: Moments) -> float:
    """The skewness of the difference if both groups have the same distribution, from the values of both together.

    It does not depend on which values are in which group, so it does not favour the groups that differ by chance. The moments
    of each group do: a small group looks less skewed than it is exactly when its few large values are missing, and then its
    mean is too small as well.
    """
    together = one.joined(other)
    return skewness_of_difference(together._replace(n=one.n), together._replace(n=other.n))


def too_skewed(one: Moments, other: Moments) -> float | None:
    """The skewness with which Welch's test would find a difference too often where there is none; None if it would not."""
    own, together = skewness_of_difference(one, other), skewness_if_alike(one, other)
    if abs(own) > SKEWNESS_LIMIT:
        return own
    return together if abs(together) > LIMIT_TOGETHER else None


class Adjusted(NamedTuple):
    """Values without what the covariate explains. `explained` is the share of their variance that it explains (r²)."""

    values: Numbers
    theta: float
    explained: float


def cuped(values: Numbers, covariate: Numbers) -> Adjusted | None:
    """Deng, Xu, Kohavi & Walker 2013, https://doi.org/10.1145/2433396.2433413, with one θ for all groups together.

    None if the covariate or the values do not vary: then it explains nothing.
    """
    distances = covariate - covariate.mean()
    of_values = values - values.mean()
    squares, total, together = (
        float(a @ b) for a, b in ((distances, distances), (of_values, of_values), (distances, of_values))
    )
    if not squares or not total:
        return None
    theta = together / squares
    return Adjusted(values - theta * distances, theta, theta * together / total)
