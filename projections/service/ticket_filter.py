"""Which tickets a report covers: the reports on times, on the backlog and on service levels have the same filters."""

from __future__ import annotations

from datetime import date, tzinfo

from sqlalchemy import ColumnElement

from projections.service.ticket_course import microseconds
from projections.shared.occurred import midnight, within
from projections.shared.reports import Columns, Days, matching

NAMES = ("agent", "team", "category", "priority", "channel")


class TicketFilter(Days, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`, and tickets with these values. None means any value."""

    agent: str | None = None
    team: str | None = None
    category: str | None = None
    priority: str | None = None
    channel: str | None = None

    def matches(self, columns: Columns) -> list[ColumnElement[bool]]:
        """Conditions on a table that has these columns. The caller adds the condition for the days."""
        return matching(columns, self, NAMES)


def within_moments(
    at: ColumnElement[int], own: ColumnElement[date], from_: date | None, to: date, zone: tzinfo
) -> ColumnElement[bool]:
    """Rows on these days; `at` holds moments in microseconds since 1970, UTC."""
    return within(at, own, from_, to, zone, lambda day, zone: microseconds(midnight(day, zone)))
