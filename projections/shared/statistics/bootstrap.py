"""Intervals of averages by the bootstrap: nothing is assumed of how the values are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

SEED = 17
RESAMPLES = 1_000
GROUPS = 1_000
AT_ONCE = 100
METHOD = f"bootstrap, bias-corrected and accelerated, {RESAMPLES} resamples, seed {SEED}"


class Bounds(NamedTuple):
    low: float
    high: float
    method: str


def of_mean(values: Reals, confidence: float = 0.95) -> Bounds | None:
    """The interval of the mean of independent values. None if there are fewer than two different ones: nothing to resample.

    The method is BCa (Efron 1987, https://doi.org/10.1080/01621459.1987.10478410). More than `GROUPS` values are put into so
    many random groups of nearly the same size, and their sums are resampled: the mean of values is the ratio of the sums to
    the sizes, and resampling a million values a thousand times would take a minute. The seed makes the answer repeatable.
    """
    import numpy as np

    if len(values) < 2 or values.min() == values.max():
        return None
    chance = np.random.default_rng(SEED)
    sums, sizes, method = values, np.ones(len(values)), METHOD
    if len(values) > GROUPS:
        begins = np.arange(GROUPS) * len(values) // GROUPS
        sums = np.add.reduceat(values[chance.permutation(len(values))], begins)
        sizes = np.diff(np.append(begins, len(values))).astype(np.float64)
        method = f"{METHOD}, of {GROUPS} random groups"
    means = np.concatenate([_resampled(sums, sizes, chance) for _ in range(0, RESAMPLES, AT_ONCE)])
    low, high = np.quantile(means, _accelerated(means, sums, sizes, confidence))
    return Bounds(float(low), float(high), method)


def _resampled(sums: Reals, sizes: Reals, chance: np.random.Generator) -> Reals:
    """The means of AT_ONCE resamples."""
    places = chance.integers(0, len(sums), (AT_ONCE, len(sums)))
    found: Reals = sums[places].sum(axis=1) / sizes[places].sum(axis=1)
    return found


def _accelerated(means: Reals, sums: Reals, sizes: Reals, confidence: float) -> Reals:
    """The quantiles of the resampled means that bound the interval: equations 14.10, 14.14 and 14.15 of Efron and Tibshirani.

    An introduction to the bootstrap, 1993, https://doi.org/10.1201/9780429246593. Without one of its terms, a ratio of sums is
    a difference: so the jackknife needs no resamples of its own. `scipy.stats.bootstrap` is the oracle of the tests.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    mean = sums.sum() / sizes.sum()
    # If rounding moves all resampled means to one side, the bias is still a number.
    below = ((means < mean).mean() + (means <= mean).mean()) / 2
    bias = ndtri(np.clip(below, 0.5 / len(means), 1 - 0.5 / len(means)))
    without = (sums.sum() - sums) / (sizes.sum() - sizes)
    distances = without.mean() - without
    squares = float(distances @ distances)
    acceleration = float((distances * distances) @ distances) / (6 * squares**1.5) if squares else 0.0
    bounds = bias + ndtri(np.array([(1 - confidence) / 2, (1 + confidence) / 2]))
    found: Reals = ndtr(bias + bounds / (1 - acceleration * bounds))
    return found
