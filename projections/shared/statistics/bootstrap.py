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
    from scipy.stats import bootstrap

    if len(values) < 2 or values.min() == values.max():
        return None
    chance = np.random.default_rng(SEED)
    sums, sizes, method = values, np.ones(len(values)), METHOD
    if len(values) > GROUPS:
        begins = np.arange(GROUPS) * len(values) // GROUPS
        sums = np.add.reduceat(values[chance.permutation(len(values))], begins)
        sizes = np.diff(np.append(begins, len(values))).astype(np.float64)
        method = f"{METHOD}, of {GROUPS} random groups"

    def mean(some: Reals, of_sizes: Reals, axis: int = -1) -> Reals:
        ratio: Reals = some.sum(axis=axis) / of_sizes.sum(axis=axis)
        return ratio

    found = bootstrap(
        (sums, sizes),
        mean,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=100,
        confidence_level=confidence,
        method="BCa",
        rng=chance,
    ).confidence_interval
    return Bounds(float(found.low), float(found.high), method)
