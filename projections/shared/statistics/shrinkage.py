"""Rates of several groups, each drawn towards the mean of all: the less, the more its own trials say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

FEWEST = 3
"""With fewer groups, they say nothing about how rates differ between groups."""
METHOD = "beta-binomial, prior by moments (Kleinman 1973)"


class Shrunk(NamedTuple):
    """The rate of a group after its own trials, with 95 % of its posterior distribution."""

    rate: float
    low: float
    high: float


def shrunk(successes: Sequence[int], trials: Sequence[int]) -> list[Shrunk] | None:
    """The rate of each group, if the rates of groups have a beta distribution.

    Its moments are those of the groups, weighed by their trials (Kleinman 1973, https://doi.org/10.1080/01621459.1973.10481332).
    If the rates differ no more than by chance, all groups have the rate of all together. None with fewer than `FEWEST` groups
    with trials, or if nothing or everything succeeded; a group without trials has the rate of all together.
    """
    import numpy as np
    from scipy.special import betaincinv

    k, n = np.array(successes, np.float64), np.array(trials, np.float64)
    known = n > 0
    if known.sum() < FEWEST or not 0 < k.sum() < n.sum():
        return None
    mean, alike = k.sum() / n.sum(), _correlation(k[known], n[known])
    if alike <= 0:
        bounds = betaincinv(k.sum() + 0.5, (n - k).sum() + 0.5, (0.025, 0.975))
        return [Shrunk(float(mean), *map(float, bounds))] * len(k)
    # At a correlation of 1 the prior has no weight, and the posterior of a group without a success no density.
    size = max(1 / alike - 1, 1e-9)
    a, b = k + mean * size, n - k + (1 - mean) * size
    low, high = betaincinv(a, b, 0.025), betaincinv(a, b, 0.975)
    return [Shrunk(*map(float, of)) for of in zip(a / (a + b), low, high, strict=True)]


def _correlation(k: Any, n: Any) -> float:
    """The correlation of two trials of the same group, 1 / (α + β + 1): by how much the rates differ more than by chance.

    The expected sum of the weighed squares Σ w (p − mean)² is mean (1 − mean) (B ρ + (1 − ρ) A), where w are shares of the
    trials, B = Σ w (1 − w) and A = Σ w (1 − w) / n.
    """
    w = n / n.sum()
    mean = float(k.sum() / n.sum())
    squares = float((w * (k / n - mean) ** 2).sum()) / (mean * (1 - mean))
    by_chance, between = float((w * (1 - w) / n).sum()), float((w * (1 - w)).sum())
    return (squares - by_chance) / (between - by_chance) if between > by_chance else 0.0
