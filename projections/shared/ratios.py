"""Ratios with their numerator, denominator and definition, and the reason if there is nothing to divide by."""

from __future__ import annotations

from decimal import Context, Decimal

import msgspec

Figure = Decimal | int
SIGNIFICANT = Context(prec=12)
"""Quotients have 12 significant digits."""

# 95 % of the standard normal distribution lies between minus and plus this.
NORMAL_95 = Decimal("1.959963984540054")


class PlainDecimal(Decimal):
    """A number so small that the text of a Decimal has an exponent: 1E-7. The text of this is 0.0000001."""

    __slots__ = ()

    def __str__(self) -> str:
        return format(self, "f")


class Interval(msgspec.Struct, frozen=True):
    """The confidence interval of a share, seen as a sample of a larger population."""

    low: Decimal
    high: Decimal
    confidence: Decimal = Decimal("0.95")
    method: str = "Wilson"


class Ratio(msgspec.Struct, frozen=True):
    """`value` is None if there is nothing to divide by; then `reason` explains it. A share of a whole has an interval."""

    value: Decimal | None
    numerator: Figure | None
    denominator: Figure | None
    unit: str
    definition: str
    reason: str | None = None
    interval: Interval | msgspec.UnsetType = msgspec.UNSET


def ratio(numerator: Figure | None, denominator: Figure | None, unit: str, definition: str, reason: str) -> Ratio:
    """Numerator / denominator. If one of them is unknown or the denominator is zero: no value, but the reason."""
    if numerator is None or not denominator:
        return Ratio(None, numerator, denominator, unit, definition, reason)
    return Ratio(significant(Decimal(numerator) / Decimal(denominator)), numerator, denominator, unit, definition)


def significant(value: Decimal) -> Decimal:
    """The value with at most 12 significant digits; its text has no exponent."""
    return plain(SIGNIFICANT.plus(value))


def plain(value: Decimal) -> Decimal:
    """The same number, in a form whose text has no exponent."""
    if "E" not in str(value):
        return value
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else PlainDecimal(value)


def proportion(successes: int, trials: int | None, unit: str, definition: str, reason: str) -> Ratio:
    """A ratio of counts with its interval; it has no interval if there are no trials, or more successes than trials."""
    divided = ratio(successes, trials, unit, definition, reason)
    if not trials or successes > trials:
        return divided
    return msgspec.structs.replace(divided, interval=wilson(successes, trials))


def wilson(successes: int, trials: int) -> Interval:
    """The score interval of a proportion with at least one trial (Wilson 1927, https://doi.org/10.2307/2276774)."""
    square, failures = NORMAL_95**2, trials - successes
    centre, all_of_it = successes + square / 2, trials + square
    spread = NORMAL_95 * (Decimal(successes) * failures / trials + square / 4).sqrt()
    # With no success the low bound is exactly 0, with no failure the high bound exactly 1; rounding would miss them.
    low = (centre - spread) / all_of_it if successes else Decimal(0)
    high = (centre + spread) / all_of_it if failures else Decimal(1)
    return Interval(significant(low), significant(high))
