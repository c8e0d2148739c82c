"""Ratios with their numerator, denominator and definition, and the reason if there is nothing to divide by."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from projections.shared.figures import Figure, Interval, Quantity, significant

# 95 % of the standard normal distribution lies between minus and plus this.
NORMAL_95 = Decimal("1.959963984540054")


def ratio(numerator: Quantity | None, denominator: Quantity | None, unit: str, definition: str, reason: str) -> Figure:
    """Numerator / denominator. If one of them is unknown or the denominator is zero: no value, but the reason."""
    if numerator is None or not denominator:
        return Figure(None, numerator, denominator, unit, definition, reason)
    return Figure(significant(Decimal(numerator) / Decimal(denominator)), numerator, denominator, unit, definition)


def proportion(successes: int, trials: int | None, unit: str, definition: str, reason: str) -> Figure:
    """A ratio of counts with its interval; it has no interval if there are no trials, or more successes than trials."""
    divided = ratio(successes, trials, unit, definition, reason)
    if not trials or successes > trials:
        return divided
    return replace(divided, interval=wilson(successes, trials))


def wilson(successes: int, trials: int) -> Interval:
    """The score interval of a proportion with at least one trial (Wilson 1927, https://doi.org/10.2307/2276774)."""
    square, failures = NORMAL_95**2, trials - successes
    centre, all_of_it = successes + square / 2, trials + square
    spread = NORMAL_95 * (Decimal(successes) * failures / trials + square / 4).sqrt()
    # With no success the low bound is exactly 0, with no failure the high bound exactly 1; rounding would miss them.
    low = (centre - spread) / all_of_it if successes else Decimal(0)
    high = (centre + spread) / all_of_it if failures else Decimal(1)
    return Interval(significant(low), significant(high))
