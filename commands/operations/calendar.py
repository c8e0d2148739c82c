"""What can be asked of the calendar."""

from __future__ import annotations

from datetime import date

from commands.shared.unit_of_work import UnitOfWork
from domain.operations.calendar import Calendar, calendar_id


def end_day(work: UnitOfWork, *, day: date, zone: str) -> Calendar:
    """The day is over in that zone."""
    calendar = work.load(Calendar, calendar_id(day))
    calendar.end(work.context, day, zone)
    return calendar
