"""A figure of a report: its value, what it was made of, how sure it is, and the reason if it has no value.

Every report has groups of the shape `{"group": {...}, "measures": {name: figure}}`. What all figures of an answer have in
common (period, zone, position) is said once, by the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Context, Decimal
from math import isfinite
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

Quantity = Decimal | int
SIGNIFICANT = Context(prec=12)
"""Estimates and quotients have 12 significant digits."""
LEVEL = Decimal("0.95")


class PlainDecimal(Decimal):
    """A number so small that the text of a Decimal has an exponent: 1E-7. The text of this is 0.0000001."""

    __slots__ = ()

    def __str__(self) -> str:
        return format(self, "f")


class Interval(msgspec.Struct, frozen=True):
    """A confidence interval at the level `confidence`. None means that this side has no bound that the data support."""

    low: Decimal | None
    high: Decimal | None
    confidence: Decimal = LEVEL
    method: str = "Wilson"


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """A test of the hypothesis that there is no difference.

    `adjusted_p_value` is the p-value after `adjustment`, which corrects for several comparisons in the same answer.
    """

    method: str
    statistic: Decimal | None
    p_value: Decimal | None
    adjusted_p_value: Decimal | UnsetType | None = UNSET
    adjustment: str | UnsetType = UNSET


class Figure(msgspec.Struct, frozen=True):
    """A number in `unit`: a currency, "seconds", "customers"; "1" is a number without a unit, such as a share.

    `numerator` and `denominator` are there if the value is one divided by the other. `n` is how many things the value was
    estimated from, and `method` how. `interval` is valid for one look at the data, `always_valid` for any number of looks.
    `reason` says why there is no value. `caution` says why the value supports no conclusion, although it can be computed.
    """

    value: Decimal | None
    numerator: Quantity | UnsetType | None
    denominator: Quantity | UnsetType | None
    unit: str
    definition: str
    reason: str | None = None
    interval: Interval | UnsetType = UNSET
    n: int | UnsetType = UNSET
    method: str | UnsetType = UNSET
    always_valid: Interval | UnsetType = UNSET
    test: Test | UnsetType = UNSET
    caution: str | UnsetType = UNSET


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A group of a report: the value of each grouping, None if there is none, and the figures of the group by name."""

    group: Mapping[str, str | int | date | None]
    measures: Mapping[str, Figure]


def counted(number: int, unit: str, definition: str) -> Figure:
    """A number of things that were counted, such as customers."""
    return Figure(Decimal(number), UNSET, UNSET, unit, definition)


def summed(amount: Decimal, unit: str, definition: str) -> Figure:
    """A sum, such as an amount of money in the currency `unit`; it is exact."""
    return Figure(plain(amount), UNSET, UNSET, unit, definition)


def estimated(value: float | Decimal | None, unit: str, definition: str, *, reason: str = "", **more: Any) -> Figure:
    """A value that a method computes; `more` are further fields. If it is not finite: no value, but the reason."""
    number = as_decimal(value)
    return Figure(number, UNSET, UNSET, unit, definition, reason or None if number is None else None, **more)


def without_value(unit: str, definition: str, reason: str, **more: Any) -> Figure:
    return Figure(None, UNSET, UNSET, unit, definition, reason, **more)


def as_decimal(value: float | Decimal | None) -> Decimal | None:
    """The number with at most 12 significant digits; None if it is not finite."""
    return None if value is None or not isfinite(value) else significant(Decimal(value))


def between(low: float | None, high: float | None, method: str, confidence: Decimal = LEVEL) -> Interval:
    return Interval(as_decimal(low), as_decimal(high), confidence, method)


def significant(value: Decimal) -> Decimal:
    """The value with at most 12 significant digits; its text has no exponent."""
    return plain(SIGNIFICANT.plus(value))


def plain(value: Decimal) -> Decimal:
    """The same number, in a form whose text has no exponent."""
    if "E" not in str(value):
        return value
    return Decimal(f"{value:f}") if value == value.to_integral_value() else PlainDecimal(value)
