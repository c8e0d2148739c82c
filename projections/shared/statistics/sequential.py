"""Intervals that stay valid however often somebody looks at the data while they come in."""

from __future__ import annotations

from decimal import Decimal
from math import log
from typing import Any

from projections.shared.statistics.proportions import Share, pooled_variance

DIFFERENCE = Decimal("0.01")
"""τ: differences of this size are found soonest. It is the one if the plan names none."""


def always_valid(one: Share, other: Share, tau: Decimal = DIFFERENCE, alpha: float = 0.05) -> tuple[float, float] | None:
    """The interval of `one` − `other` that misses the true difference with a chance of at most `alpha`, over all looks.

    The variance is pooled: with a small group, its own variance is 0 too often early on. None if nobody or everybody has the
    event.
    """
    variance = pooled_variance(one, other)
    if not variance:
        return None
    distance, difference = float(reach(variance, tau, alpha)), float(one.rate - other.rate)
    return difference - distance, difference + distance


def reach(variance: Any, tau: Decimal = DIFFERENCE, alpha: float = 0.05) -> Any:
    """Half the length of the interval of an estimate with this variance, or with each of several.

    The mixture sequential probability ratio test with the normal mixture N(0, τ²): Johari, Koomen, Pekelis & Walsh 2022,
    https://doi.org/10.1287/opre.2021.2135.
    """
    import numpy as np

    squared = float(tau) ** 2
    grown = variance + squared
    return (variance * grown / squared * (2 * log(1 / alpha) + np.log(grown / variance))) ** 0.5
