"""service_calendars: when people are there, as each calendar says it now, and as it said before.

A ticket goes by the calendar that names its team, and by `default` where none does. Which calendar names a team, and which
team has the ticket, is asked as of now; the schedule of that calendar is the one in force at each instant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, Uuid, select

from domain.service.opening_hours import InForce, Schedule, Timetable, open_between
from domain.service.service_calendar import DEFAULT, Defined, Revised, ServiceCalendar
from domain.shared.events import Event, type_name
from projections.service.ticket_course import MICROSECOND, Clock, moment
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

CALENDAR_EVENTS: tuple[type[Event], ...] = tuple(ServiceCalendar.events)

calendar_rows = Table(
    "service_calendars",
    metadata,
    Column("calendar_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("since", Instant, nullable=False),
    Column("schedule", Text, nullable=False),
)
calendar_versions = Table(
    "service_calendar_versions",
    metadata,
    Column("calendar_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("schedule", Text, nullable=False),
)

_encode = msgspec.json.Encoder(order="deterministic").encode
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
    ours = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, Defined | Revised)]
    known = rows.load(calendar_rows, {recorded.stream for recorded in ours})
    versions: list[Row] = []
    for recorded in ours:
        event, id = recorded.event, recorded.stream
        assert isinstance(event, Defined | Revised), "there are no other events of calendars"
        before = known.get(id, {})
        code = event.code if isinstance(event, Defined) else before["code"]
        told = {
            "calendar_id": id,
            "version": recorded.version,
            "code": code,
            "since": recorded.metadata.occurred_at,
            "schedule": _encode(event.schedule).decode(),
        }
        versions.append(told)
        in_force = told if not before or told["since"] >= before["since"] else {}
        known[id] = {**before, **in_force, "version": recorded.version, "position": recorded.position}
    rows.save(calendar_rows, list(known.values()))
    rows.insert(calendar_versions, versions)


# How it is queried


def get(connection: Connection, calendar_id: UUID) -> Row | None:
    """The calendar as it stands."""
    row = connection.execute(select(calendar_rows).where(calendar_rows.c.calendar_id == calendar_id)).mappings().first()
    return None if row is None else _shown(row)


def listing(connection: Connection, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Calendars in the order of their codes. Raises MalformedCursor."""
    found = page(connection, select(calendar_rows), Order(calendar_rows.c.code, calendar_rows.c.calendar_id), limit, cursor)
    return Page([_shown(row) for row in found.rows], found.next)


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


def _shown(row: Mapping[Any, Any]) -> Row:
    schedule = _decode(row["schedule"])
    told = {name: row[name] for name in ("calendar_id", "version", "position", "code", "since")}
    return told | {name: msgspec.to_builtins(getattr(schedule, name)) for name in schedule.__struct_fields__}


service_calendars = Projection(
    name="service_calendars",
    version=1,
    tables=(calendar_rows, calendar_versions),
    apply=apply,
    reads=frozenset(map(type_name, CALENDAR_EVENTS)),
)
