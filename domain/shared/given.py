"""Values that a caller may leave out."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from msgspec import UnsetType

T = TypeVar("T")

Given: TypeAlias = T | UnsetType
"""A value that may be left out: UNSET says nothing about it, None says that it is empty."""


def value_or_none(value: Given[T | None]) -> T | None:
    return None if isinstance(value, UnsetType) else value
