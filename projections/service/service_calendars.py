"""service_calendars: opening hours, with the current and all earlier schedules of each calendar.

A ticket uses the calendar that names its team, or the calendar `default` if none does. The team of the ticket and the calendar
of the team are the current ones. The schedule is the one that is in force in that calendar at each instant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Text, select

from domain.service.opening_hours import InForce, Schedule, Timetable, open_between
from domain.service.service_calendar import DEFAULT, Defined, Revised, ServiceCalendar
from domain.shared.events import Event
from projections.service.ticket_course import MICROSECOND, Clock, moment
from projections.shared.lists import Anything, Listing
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.registers import encode, fold_versions, opened, versions
from projections.shared.rows import Instant, Rows
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates

calendar_rows = aggregates(
    "service_calendars",
    "calendar_id",
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("since", Instant, nullable=False),
    Column("schedule", Text, nullable=False),
)
calendar_versions = versions("service_calendar_versions", "calendar_id", Column("schedule", Text, nullable=False))

_decode = msgspec.json.Decoder(Schedule).decode


class Calendars(NamedTuple):
    """The timetables of all calendars by code, and by team the code of the calendar that names it."""

    timetables: Mapping[str, Timetable]
    of_team: Mapping[str, str]

    def code(self, team: str | None) -> str | None:
        """The code of the calendar that tickets of this team use; None if there is none."""
        code = DEFAULT if team is None else self.of_team.get(team, DEFAULT)
        return code if code in self.timetables else None

    def timetable(self, team: str | None) -> Timetable | None:
        code = self.code(team)
        return None if code is None else self.timetables[code]

    def clock(self, team: str | None) -> Clock | None:
        """The clock that counts the open time of the team's calendar; None if there is no calendar."""
        timetable = self.timetable(team)
        return None if timetable is None else partial(open_time, timetable)


def open_time(timetable: Timetable, began: int, ended: int) -> int:
    """The open time from one moment to another, in microseconds; moments are microseconds since 1970, UTC."""
    stretches = open_between(timetable, moment(began), moment(ended)) if began < ended else ()
    return sum((closed - opened for opened, closed in stretches), timedelta()) // MICROSECOND


# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    fold_versions(calendar_rows, calendar_versions, "schedule", _schedule, own(batch, ServiceCalendar.events), rows)


def _schedule(event: Event) -> str:
    assert isinstance(event, Defined | Revised), "a calendar has no other events"
    return encode(event.schedule).decode()


# How it is queried

CALENDARS = Listing[Anything, str](calendar_rows, Anything, "code", show=partial(opened, _decode, "schedule"))
get, listing = CALENDARS.get, CALENDARS.listing


def calendars(connection: Connection) -> Calendars:
    """All calendars, with all schedules that were ever in force."""
    version = calendar_versions.c
    rows = connection.execute(select(calendar_versions).order_by(version.since, version.version))
    return gathered((row.code, InForce(row.since, _decode(row.schedule))) for row in rows)


def gathered(schedules: Iterable[tuple[str, InForce]]) -> Calendars:
    """The calendars with these schedules.

    `schedules` are pairs of a calendar's code and a schedule, in the order in which the schedules came into force.
    """
    timetables: dict[str, list[InForce]] = defaultdict(list)
    for code, in_force in schedules:
        timetables[code].append(in_force)
    # If two calendars name a team, the first one by code is used.
    of_team = {team: code for code in sorted(timetables, reverse=True) for team in timetables[code][-1].schedule.teams}
    return Calendars(timetables, of_team)


service_calendars = Projection(
    name="service_calendars",
    version=1,
    tables=(calendar_rows, calendar_versions),
    apply=apply,
    reads=types(*ServiceCalendar.events),
)
