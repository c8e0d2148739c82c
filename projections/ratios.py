"""Figures that were divided: they say what by what, and why there is none where there is nothing to divide by."""

from __future__ import annotations

from decimal import Decimal

import msgspec

Figure = Decimal | int


class Ratio(msgspec.Struct, frozen=True):
    """`value` is None where there is nothing to divide by; then `reason` says why."""

    value: Decimal | None
    numerator: Figure | None
    denominator: Figure | None
    unit: str
    definition: str
    reason: str | None = None


def ratio(numerator: Figure | None, denominator: Figure | None, unit: str, definition: str, reason: str) -> Ratio:
    """Numerator by denominator; without a value, and with the reason, where one is not known or the denominator is zero."""
    if numerator is None or not denominator:
        return Ratio(None, numerator, denominator, unit, definition, reason)
    return Ratio(Decimal(numerator) / Decimal(denominator), numerator, denominator, unit, definition)
