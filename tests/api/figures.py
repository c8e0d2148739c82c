"""The figures of a report as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def value(group: Mapping[str, Any], name: str) -> Any:
    """The value of a figure of a group in an answer; None if it has none."""
    text = group["measures"][name]["value"]
    return None if text is None else Decimal(text)


def values(group: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(value(group, name) for name in names)


def texts(group: Mapping[str, Any], *names: str) -> list[str | None]:
    """The values as they are written, with the decimals of their currency."""
    return [group["measures"][name]["value"] for name in names]
