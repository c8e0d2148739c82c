"""Days: the calendar day on which a fact occurred, in the time zone of a query.

A fact known only by its day or month keeps its own date in every zone. So a row that is queried by day has two columns: the
instant, and the fact's own date if it has one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true

from domain.shared.events import Metadata


def own_day(metadata: Metadata) -> date | None:
    """The date that a fact keeps in every zone; None if its time of day is known."""
    return metadata.day() if metadata.occurred_precision in ("day", "month") else None


def day_of(at: datetime, own: date | None, zone: tzinfo) -> date:
    """The calendar day of a row in `zone`."""
    return own or at.astimezone(zone).date()


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant at which a day begins in `zone`."""
    return datetime.combine(day, time(), zone)


def within(
    at: ColumnElement[Any],
    own: ColumnElement[date],
    from_: date | None,
    to: date | None,
    zone: tzinfo,
    begins: Callable[[date, tzinfo], Any] = midnight,
) -> ColumnElement[bool]:
    """Rows whose day in `zone` is `from_` or later, and before `to`; None leaves that side open.

    `begins` gives the start of a day in a zone, as a value of the column `at`.
    """
    known: list[ColumnElement[bool]] = [own.is_not(None)]
    instant: list[ColumnElement[bool]] = [own.is_(None)]
    if from_ is not None:
        known.append(own >= from_)
        instant.append(at >= begins(from_, zone))
    if to is not None:
        known.append(own < to)
        instant.append(at < begins(to, zone))
    return true() if from_ is None and to is None else or_(and_(*known), and_(*instant))
