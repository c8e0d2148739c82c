"""Which tickets a report is about: the same question for how long they took, what waits, and which promises were kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from projections.shared.occurred import Days

NAMES = ("agent", "team", "category", "priority", "channel")


class TicketFilter(Days, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`, and tickets with these values; None is any."""

    agent: str | None = None
    team: str | None = None
    category: str | None = None
    priority: str | None = None
    channel: str | None = None

    def matches(self, columns: ReadOnlyColumnCollection[str, Any]) -> list[ColumnElement[bool]]:
        """Conditions on a table that has these columns; the days are for who asks."""
        values = {name: getattr(self, name) for name in NAMES}
        return [columns[name] == value for name, value in values.items() if value is not None]
