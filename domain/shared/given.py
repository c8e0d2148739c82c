"""Optional values: a caller may leave them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from msgspec import UNSET, UnsetType

T = TypeVar("T")
F = TypeVar("F", bound=Mapping[str, Any])

Given: TypeAlias = T | UnsetType
"""A value that may be left out. UNSET means not given, None means empty."""

Checks: TypeAlias = Mapping[str, Callable[[Any], Any]]
"""Checks by field name. Each returns the value in the form in which it is recorded, or raises Malformed."""


def checked_fields(stated: F, checks: Checks) -> F:
    """The given values, checked in the order of the checks. None is kept without a check."""
    given = {name: value for name, value in stated.items() if value is not UNSET}
    given |= {name: check(given[name]) for name, check in checks.items() if given.get(name) is not None}
    return cast(F, given)


def value_or_none(value: Given[T | None]) -> T | None:
    return None if isinstance(value, UnsetType) else value
