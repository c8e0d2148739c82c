"""Figures that were divided: they say what by what, and why there is none where there is nothing to divide by."""

from __future__ import annotations

from decimal import Decimal

import msgspec

Figure = Decimal | int

# The standard normal distribution lies with 95 % between these.
NORMAL_95 = Decimal("1.959963984540054")


class Interval(msgspec.Struct, frozen=True):
    """Where the share of all lies that these were drawn from, with so much confidence."""

    low: Decimal
    high: Decimal
    confidence: Decimal = Decimal("0.95")
    method: str = "Wilson"


class Ratio(msgspec.Struct, frozen=True):
    """`value` is None where there is nothing to divide by; then `reason` says why. A share of a whole has an interval."""

    value: Decimal | None
    numerator: Figure | None
    denominator: Figure | None
    unit: str
    definition: str
    reason: str | None = None
    interval: Interval | msgspec.UnsetType = msgspec.UNSET


def ratio(numerator: Figure | None, denominator: Figure | None, unit: str, definition: str, reason: str) -> Ratio:
    """Numerator by denominator; without a value, and with the reason, where one is not known or the denominator is zero."""
    if numerator is None or not denominator:
        return Ratio(None, numerator, denominator, unit, definition, reason)
    return Ratio(Decimal(numerator) / Decimal(denominator), numerator, denominator, unit, definition)


def proportion(successes: int, trials: int | None, unit: str, definition: str, reason: str) -> Ratio:
    """A ratio of counts with its interval, which there is none of where more succeeded than tried."""
    divided = ratio(successes, trials, unit, definition, reason)
    if not trials or successes > trials:
        return divided
    return msgspec.structs.replace(divided, interval=wilson(successes, trials))


def wilson(successes: int, trials: int) -> Interval:
    """The score interval of a proportion, of one trial at least (Wilson 1927, https://doi.org/10.2307/2276774)."""
    square, failures = NORMAL_95**2, trials - successes
    centre, all_of_it = successes + square / 2, trials + square
    spread = NORMAL_95 * (Decimal(successes) * failures / trials + square / 4).sqrt()
    # The bounds of none and of all are known exactly, and would be missed by a rounding.
    low = (centre - spread) / all_of_it if successes else Decimal(0)
    high = (centre + spread) / all_of_it if failures else Decimal(1)
    return Interval(low, high)
