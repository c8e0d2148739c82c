"""Two proportions compared: their difference and their ratio, with intervals at 95 %, and a test.

The bounds use only + - * / and roots, so they take arrays of counts as well as one count.
"""

from __future__ import annotations

from math import exp, log
from typing import Any, NamedTuple

Z = 1.959963984540054
"""95 % of the standard normal distribution lies between minus and plus this."""


class Share(NamedTuple):
    """`events` of `n` persons; `n` is at least 1."""

    events: Any
    n: Any

    @property
    def rate(self) -> Any:
        return self.events / self.n


class Tested(NamedTuple):
    """The statistic of a test and its two-sided p-value."""

    statistic: float
    p_value: float


def score(share: Share) -> tuple[Any, Any]:
    """The score interval of one proportion (Wilson 1927, https://doi.org/10.2307/2276774), as `ratios.wilson`, in floats."""
    centre = share.events + Z**2 / 2
    spread = Z * (share.events * (share.n - share.events) / share.n + Z**2 / 4) ** 0.5
    return (centre - spread) / (share.n + Z**2), (centre + spread) / (share.n + Z**2)


def newcombe(one: Share, other: Share) -> tuple[Any, Any]:
    """The interval of `one` − `other` that joins the score intervals of both, without a correction for continuity.

    Method 10 of Newcombe 1998: https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    return between_scores(one.rate, score(one), other.rate, score(other))


def between_scores(one: Any, its: tuple[Any, Any], other: Any, theirs: tuple[Any, Any]) -> tuple[Any, Any]:
    """Newcombe's interval of `one` − `other`, from both proportions and their score intervals."""
    below = ((one - its[0]) ** 2 + (theirs[1] - other) ** 2) ** 0.5
    above = ((its[1] - one) ** 2 + (other - theirs[0]) ** 2) ** 0.5
    return one - other - below, one - other + above


def pooled_variance(one: Share, other: Share) -> Any:
    """The variance of the difference of the two rates, if both have the same true rate."""
    pooled = (one.events + other.events) / (one.n + other.n)
    return pooled * (1 - pooled) * (1 / one.n + 1 / other.n)


def divided(one: Share, other: Share, z: float) -> tuple[Any, Any]:
    """The events of each, as real numbers, if it had so few of all these events that the pooled z of its difference is −z.

    They depend on the sum of the events only, so they are the same however chance has divided them.
    """
    both, reach = 1 / one.n + 1 / other.n, z * pooled_variance(one, other) ** 0.5
    events = one.events + other.events
    return (events / other.n - reach) / both, (events / one.n - reach) / both


def pooled_z(one: Share, other: Share) -> Tested | None:
    """The test of equal proportions with the pooled variance, which is the root of Pearson's chi-square of the 2 × 2 table.

    None if nobody or everybody in both groups has the event: there is nothing to test.
    """
    from scipy.special import ndtr

    variance = pooled_variance(one, other)
    if not variance:
        return None
    z = float((one.rate - other.rate) / variance**0.5)
    return Tested(z, 2 * float(ndtr(-abs(z))))


def log_ratio(one: Share, other: Share) -> tuple[float, float] | None:
    """The interval of the risk ratio `one` / `other`, from its logarithm (Katz et al. 1978, https://doi.org/10.2307/2530610).

    None if one of them has no event: then the logarithm has no finite error.
    """
    if not one.events or not other.events:
        return None
    ratio = log(one.rate / other.rate)
    spread = Z * (1 / one.events - 1 / one.n + 1 / other.events - 1 / other.n) ** 0.5
    return exp(ratio - spread), exp(ratio + spread)
