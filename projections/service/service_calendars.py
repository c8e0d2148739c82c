"""service_calendars: when people are there, as each calendar says it now, and as it said before.

A ticket goes by the calendar that names its team, and by `default` where none does. Which calendar names a team, and which
team has the ticket, is asked as of now; the schedule of that calendar is the one in force at each instant.
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
    """All calendars by their codes, and the code of the one that names a team."""

    timetables: Mapping[str, Timetable]
    of_team: Mapping[str, str]

    def code(self, team: str | None) -> str | None:
        """The code of the calendar that tickets of this team go by; None where there is none."""
        code = DEFAULT if team is None else self.of_team.get(team, DEFAULT)
        return code if code in self.timetables else None

    def timetable(self, team: str | None) -> Timetable | None:
        code = self.code(team)
        return None if code is None else self.timetables[code]

    def clock(self, team: str | None) -> Clock | None:
        """How open time passes; None where there is no calendar."""
        timetable = self.timetable(team)
        return None if timetable is None else partial(open_time, timetable)


def open_time(timetable: Timetable, began: int, ended: int) -> int:
    """How much is open from one moment to another, in microseconds; moments are microseconds since 1970, UTC."""
    stretches = open_between(timetable, moment(began), moment(ended)) if began < ended else ()
    return sum((closed - opened for opened, closed in stretches), timedelta()) // MICROSECOND


# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    fold_versions(calendar_rows, calendar_versions, "schedule", _schedule, own(batch, ServiceCalendar.events), rows)


def _schedule(event: Event) -> str:
    assert isinstance(event, Defined | Revised), "there are no other events of calendars"
    return encode(event.schedule).decode()


# How it is queried

CALENDARS = Listing[Anything, str](calendar_rows, Anything, "code", show=partial(opened, _decode, "schedule"))
get, listing = CALENDARS.get, CALENDARS.listing


def calendars(connection: Connection) -> Calendars:
    """All calendars, with all that was ever in force."""
    version = calendar_versions.c
    told = connection.execute(select(calendar_versions).order_by(version.since, version.version))
    return gathered((row.code, InForce(row.since, _decode(row.schedule))) for row in told)


def gathered(told: Iterable[tuple[str, InForce]]) -> Calendars:
    """The calendars that these schedules make, in the order in which they came into force, each with its calendar's code."""
    timetables: dict[str, list[InForce]] = defaultdict(list)
    for code, in_force in told:
        timetables[code].append(in_force)
    # Of two that name a team, the first by code.
    of_team = {team: code for code in sorted(timetables, reverse=True) for team in timetables[code][-1].schedule.teams}
    return Calendars(timetables, of_team)


service_calendars = Projection(
    name="service_calendars",
    version=1,
    tables=(calendar_rows, calendar_versions),
    apply=apply,
    reads=types(*ServiceCalendar.events),
)
