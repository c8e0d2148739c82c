"""Two means compared by Welch's test, from the moments of each group; and variance taken out with a covariate (CUPED)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SKEWNESS_LIMIT = 0.2
"""With more skewness, the first term of the Edgeworth series moves a tail of 2.5 % by about half a percent or more."""


class Moments(NamedTuple):
    """`variance` is divided by n − 1; `third` is the mean of the cubes of the distances to the mean. `n` is at least 2."""

    n: int
    mean: float
    variance: float
    third: float


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
    squares = float(((values - mean) ** 2).sum()) + zeros * mean**2
    cubes = float(((values - mean) ** 3).sum()) - zeros * mean**3
    return Moments(n, mean, squares / (n - 1), cubes / n)


def welch(one: Moments, other: Moments) -> Welch | None:
    """`one` − `other` (Welch 1947, https://doi.org/10.1093/biomet/34.1-2.28). None if neither of them varies."""
    from scipy.stats import t, ttest_ind_from_stats

    spread, others = one.variance / one.n, other.variance / other.n
    if not spread + others:
        return None
    tested = ttest_ind_from_stats(one.mean, one.variance**0.5, one.n, other.mean, other.variance**0.5, other.n, equal_var=False)
    freedom = (spread + others) ** 2 / (spread**2 / (one.n - 1) + others**2 / (other.n - 1))
    reach = float(t.ppf(0.975, freedom)) * (spread + others) ** 0.5
    difference = one.mean - other.mean
    return Welch(difference, difference - reach, difference + reach, float(tested.statistic), float(tested.pvalue))


def skewness_of_difference(one: Moments, other: Moments) -> float:
    """The skewness of the estimated difference of the means; 0 if neither of them varies.

    It says how far Welch's test can be trusted (Hall 1992, https://doi.org/10.1007/978-1-4612-4384-7, section 2.6).
    """
    scale = (one.variance / one.n + other.variance / other.n) ** 1.5
    return (one.third / one.n**2 - other.third / other.n**2) / scale if scale else 0.0


def skewness_if_alike(one: Moments, other: Moments) -> float:
    """The skewness of the difference if both groups have the same distribution, estimated from both together.

    A small group looks less skewed than it is exactly when its few large values are missing, and then its mean is too small as
    well. So its own third moment alone would let through the comparisons that are most often wrong.
    """
    n = one.n + other.n
    variance = ((one.n - 1) * one.variance + (other.n - 1) * other.variance) / (n - 2)
    together = Moments(n, 0.0, variance, (one.n * one.third + other.n * other.third) / n)
    return skewness_of_difference(together._replace(n=one.n), together._replace(n=other.n))


def skewness(one: Moments, other: Moments) -> float:
    """The worse of both: with the moments of each group, and with those of both together."""
    return max(skewness_of_difference(one, other), skewness_if_alike(one, other), key=abs)


def too_skewed(one: Moments, other: Moments) -> bool:
    """Whether Welch's test would find a difference too often where there is none."""
    return abs(skewness(one, other)) > SKEWNESS_LIMIT


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
