"""The calendar: a day that ended is a fact, since some answers move with the days and no fact of a customer's."""

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
    """`zone` is where the day was counted: an IANA name or an offset."""

    day: date
    zone: str

    def apply(self, calendar: Calendar, metadata: Metadata) -> None:
        calendar.ended = True


class Calendar(Aggregate):
    """One stream a day, so that a day ends once whoever says so, and however many do at the same time."""

    name = "calendar"
    events = (DayEnded,)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.ended = False

    @decision
    def end(self, context: Context, day: date, zone: str) -> None:
        """A day that ended already records nothing. Refused as DayNotOver."""
        if context.now < end_of(day, time_zone(zone)):
            raise DayNotOver(f"{day} ends at {end_of(day, time_zone(zone)).isoformat()}.", day=day)
        if not self.ended:
            self.record(context, DayEnded(day=day, zone=zone))


def calendar_id(day: date) -> UUID:
    """The stream of a day."""
    return derived_id(Calendar.name, day.isoformat())


def end_of(day: date, zone: tzinfo) -> datetime:
    """The first moment after the day, in that zone."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone)
