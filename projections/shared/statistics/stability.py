"""The population stability index: how far shares have moved since they were measured first."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

EMPTY = 1e-6
"""Stands for a share of nothing, whose logarithm would be infinite."""


def stability_index(expected: Sequence[float], counts: Sequence[int]) -> float:
    """The sum of (actual − expected) · ln(actual / expected) over the bins: Jeffreys' divergence of the two distributions.

    S. Kullback and R. A. Leibler (1951), On Information and Sufficiency, https://doi.org/10.1214/aoms/1177729694. `expected`
    are shares, and there is at least one thing in `counts`.
    """
    total = sum(counts)
    pairs = [(max(count / total, EMPTY), max(share, EMPTY)) for count, share in zip(counts, expected, strict=True)]
    return sum((actual - share) * log(actual / share) for actual, share in pairs)
