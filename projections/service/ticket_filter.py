"""Which tickets a report is about: the same question for how long they took, what waits, and which promises were kept."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from typing import Any

import msgspec
from sqlalchemy import ColumnElement
from sqlalchemy.sql.base import ReadOnlyColumnCollection

NAMES = ("agent", "team", "category", "priority", "channel")


class TicketFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`, and tickets with these values; None is any."""

    from_: date
    to: date
    zone: tzinfo = UTC
    agent: str | None = None
    team: str | None = None
    category: str | None = None
    priority: str | None = None
    channel: str | None = None

    def matches(self, columns: ReadOnlyColumnCollection[str, Any]) -> list[ColumnElement[bool]]:
        """Conditions on a table that has these columns; the days are for who asks."""
        values = {name: getattr(self, name) for name in NAMES}
        return [columns[name] == value for name, value in values.items() if value is not None]
