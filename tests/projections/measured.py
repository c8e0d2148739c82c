"""The figures of a group of a report as numbers."""

from __future__ import annotations

from typing import Any

from projections.shared.figures import Measured


def value(group: Measured, name: str) -> Any:
    """The value of a figure, a decimal; None if it has none."""
    return group.measures[name].value


def values(group: Measured, *names: str) -> tuple[Any, ...]:
    return tuple(value(group, name) for name in names)
