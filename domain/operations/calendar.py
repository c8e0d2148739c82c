"""The calendar: the end of a day is an event, because some figures change as days pass without any event of a customer."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, GlobalEvent, Metadata, time_zone
from domain.shared.ids import derived_id
from domain.shared.refusals import Refusal


class DayNotOver(Refusal):
    """The day has not ended yet."""


class DayEnded(GlobalEvent, frozen=True, tag="crm.calendar.day_ended.v1"):
    """The day has ended in `zone`, an IANA name or an offset."""

    day: date
    zone: str

    def apply(self, calendar: Calendar, metadata: Metadata) -> None:
        calendar.ended = True


class Calendar(Aggregate):
    """One stream per day, so that each day ends only once, even if several processes report it at the same time."""

    name = "calendar"
    events = (DayEnded,)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.ended = False

    @decision
    def end(self, context: Context, day: date, zone: str) -> None:
        """Records nothing if the day has already ended. Raises DayNotOver."""
        if context.now < end_of(day, time_zone(zone)):
            raise DayNotOver(f"{day} ends at {end_of(day, time_zone(zone)).isoformat()}.", day=day)
        if not self.ended:
            self.record(context, DayEnded(day=day, zone=zone))


def calendar_id(day: date) -> UUID:
    """The id of the day's stream."""
    return derived_id(Calendar.name, day.isoformat())


def end_of(day: date, zone: tzinfo) -> datetime:
    """The first moment after the day in that zone."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone)
