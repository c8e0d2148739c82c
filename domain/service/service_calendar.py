"""A service calendar: the business hours of teams. It is identified by its code; teams without a calendar use `default`.

A definition or revision applies from its time of occurrence on. A revision with a time in the past also changes the business
hours between that time and now. A revision without a stated time applies only from now on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from domain.service.opening_hours import Schedule, checked
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, GlobalEvent, Metadata
from domain.shared.ids import derived_id
from domain.shared.text import code as checked_code

DEFAULT = "default"
"""The calendar of teams that are in no calendar, and of tickets without a team."""


class Defined(GlobalEvent, frozen=True, tag="crm.service_calendar.defined.v1"):
    code: str
    schedule: Schedule

    def apply(self, calendar: ServiceCalendar, metadata: Metadata) -> None:
        calendar.set_schedule(self.schedule, metadata.occurred_at)


class Revised(GlobalEvent, frozen=True, tag="crm.service_calendar.revised.v1"):
    """Replaces the whole schedule."""

    schedule: Schedule

    def apply(self, calendar: ServiceCalendar, metadata: Metadata) -> None:
        calendar.set_schedule(self.schedule, metadata.occurred_at)


class ServiceCalendar(Aggregate):
    """`schedule` is the latest schedule, in force since `since`."""

    name = "service_calendar"
    events = (Defined, Revised)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.schedule: Schedule | None = None
        self.since = datetime.min.replace(tzinfo=UTC)

    @decision
    def define(self, context: Context, code: str, schedule: Schedule) -> None:
        """Defines or revises the calendar. Records nothing if this schedule is already in force. Raises Malformed."""
        code, schedule = checked_code(code, "calendar"), checked(schedule)
        if not self.exists:
            self.record(context, Defined(code=code, schedule=schedule))
        elif context.at < self.since or schedule != self.schedule:
            self.record_once(context, Revised(schedule=schedule))

    def set_schedule(self, schedule: Schedule, since: datetime) -> None:
        if since >= self.since:
            self.schedule, self.since = schedule, since


def service_calendar_id(code: str) -> UUID:
    return derived_id(ServiceCalendar.name, code)
