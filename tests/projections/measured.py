"""The figures of a group of a report as numbers."""

from __future__ import annotations

from decimal import Decimal

from projections.shared.figures import Measured


def value(group: Measured, name: str) -> Decimal | None:
    """The value of a figure; None if it has none."""
    return group.measures[name].value


def values(group: Measured, *names: str) -> tuple[Decimal | None, ...]:
    return tuple(value(group, name) for name in names)
