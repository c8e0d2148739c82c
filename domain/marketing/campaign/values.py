"""Value types of a campaign's plan, and the checks of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypedDict

from msgspec import UnsetType
from msgspec.structs import replace

from domain.shared import money
from domain.shared.events import Value
from domain.shared.given import Checks, Given
from domain.shared.occurrence import checked_day
from domain.shared.refusals import Malformed
from domain.shared.text import code, text

ResourceKind = Literal["person", "asset"]
Field = Literal[
    "goal",
    "strategy",
    "scheme",
    "channels",
    "audience",
    "starts",
    "ends",
    "holdout_share",
    "attribution_window_days",
    "expected_conversion_difference",
    "variants",
]

CONTROL = "control"
TREATMENT = "treatment"
TEXT_LENGTH = 10_000
ID_LENGTH = 64
CHANNEL_LIMIT = 50
VARIANT_LIMIT = 50
LONGEST_WINDOW = 3650


class Goal(Value, frozen=True):
    """The goal of the campaign. `metric` is a code such as `converted` or `sales`, `target` the number to reach."""

    metric: str
    target: Decimal


class Variant(Value, frozen=True):
    """A treatment, by its code. `share` is the planned share of the targeted members that get it, as a fraction."""

    code: str
    share: Decimal | None = None


class Plan(TypedDict, total=False):
    """The optional facts of a plan, in addition to the name of the campaign."""

    goal: Given[Goal | None]
    strategy: Given[str | None]
    scheme: Given[str | None]
    channels: Given[tuple[str, ...]]
    audience: Given[str | None]
    starts: Given[date | None]
    ends: Given[date | None]
    holdout_share: Given[Decimal | None]
    attribution_window_days: Given[int | None]
    expected_conversion_difference: Given[Decimal | None]
    variants: Given[tuple[Variant, ...]]


def checked(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The given fields in the form in which they are recorded. None means empty. Raises Malformed."""
    given = {field: value for field, value in stated.items() if not isinstance(value, UnsetType)}
    return {field: value if value is None else CHECKS[field](value) for field, value in given.items()}


def fraction(value: Decimal) -> Decimal:
    """A fraction above 0 and up to 1, with up to six decimals. Raises Malformed."""
    exact = money.rate(value)
    if not 0 < exact <= 1:
        raise Malformed("A share must be a fraction above 0 and up to 1.")
    return exact


def free_text(value: str) -> str:
    """Raises Malformed."""
    return text(value, "text", TEXT_LENGTH)


def _goal(goal: Goal) -> Goal:
    return Goal(metric=code(goal.metric, "goal's metric"), target=money.rate(goal.target))


def _channels(channels: Iterable[str]) -> tuple[str, ...]:
    unique = tuple(dict.fromkeys(code(channel, "channel") for channel in channels))
    if len(unique) > CHANNEL_LIMIT:
        raise Malformed(f"A campaign can have at most {CHANNEL_LIMIT} channels.")
    return unique


def _variants(variants: Iterable[Variant]) -> tuple[Variant, ...]:
    exact = tuple(
        replace(variant, code=code(variant.code, "variant"), share=None if variant.share is None else fraction(variant.share))
        for variant in variants
    )
    if len(exact) > VARIANT_LIMIT or len({variant.code for variant in exact}) < len(exact):
        raise Malformed(f"A campaign can have at most {VARIANT_LIMIT} variants, each with its own code.")
    if sum(variant.share or 0 for variant in exact) > 1:
        raise Malformed("The sum of the shares of the variants must not exceed 1.")
    return exact


def _holdout(value: Decimal) -> Decimal:
    exact = money.rate(value)
    if not 0 <= exact < 1:
        raise Malformed("The hold-out share must be a fraction from 0 to below 1.")
    return exact


def _window(days: int) -> int:
    if not 1 <= days <= LONGEST_WINDOW:
        raise Malformed(f"The attribution window must be 1 to {LONGEST_WINDOW} days.")
    return days


def _difference(value: Decimal) -> Decimal:
    exact = money.rate(value)
    if not 0 < exact < 1:
        raise Malformed("The expected difference of conversion rates must be a fraction above 0 and below 1.")
    return exact


CHECKS: Checks = {
    "name": lambda value: text(value, "name"),
    "goal": _goal,
    "strategy": free_text,
    "scheme": free_text,
    "channels": _channels,
    "audience": free_text,
    "starts": checked_day,
    "ends": checked_day,
    "holdout_share": _holdout,
    "attribution_window_days": _window,
    "expected_conversion_difference": _difference,
    "variants": _variants,
}
