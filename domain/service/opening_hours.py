"""Opening hours in local time: a time zone, weekly hours and holidays, and how they change over time.

Opening hours follow the local clock. An hour that the clock skips (daylight saving time) therefore counts as no time, and an
hour that the clock repeats counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

from domain.shared.events import Value, time_zone
from domain.shared.occurrence import checked_zone
from domain.shared.refusals import Malformed
from domain.shared.text import code, optional_text

Stretch = tuple[datetime, datetime]

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
HOURS_LIMIT, HOLIDAY_LIMIT, TEAM_LIMIT = 100, 2_000, 200


class OpenHours(Value, frozen=True):
    """Open on this weekday (1 is Monday, 7 is Sunday), from `opens` to before `closes`, such as `09:00` and `24:00`."""

    weekday: int
    opens: str
    closes: str


class Holiday(Value, frozen=True):
    """Closed from midnight to midnight. The name is not personal."""

    date: date
    name: str | None = None


class Schedule(Value, frozen=True):
    """The opening hours in `zone` (an IANA name or an offset). `teams` are the codes of the teams that use this schedule."""

    zone: str
    hours: tuple[OpenHours, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    teams: tuple[str, ...] = ()


class InForce(NamedTuple):
    since: datetime
    schedule: Schedule


Timetable = Sequence[InForce]
"""Schedules in the order in which they came into force. The first one also applies to all time before it."""


# Open time


def open_between(timetable: Timetable, from_: datetime, to: datetime) -> Iterator[Stretch]:
    """The open periods in UTC, in order, according to the schedule in force at each instant."""
    return _joined(
        stretch for began, ended, schedule in _terms(timetable, from_, to) for stretch in _open(schedule, began, ended)
    )


def _terms(timetable: Timetable, from_: datetime, to: datetime) -> Iterator[tuple[datetime, datetime, Schedule]]:
    edges = [from_, *(since for since, _ in timetable[1:]), to]
    for (since, until), (_, schedule) in zip(pairwise(edges), timetable, strict=False):
        began, ended = max(since, from_), min(until, to)
        if began < ended:
            yield began, ended, schedule


def _open(schedule: Schedule, from_: datetime, to: datetime) -> Iterator[Stretch]:
    hours = sorted((one.weekday, _since_midnight(one.opens), _since_midnight(one.closes)) for one in schedule.hours)
    holidays = {holiday.date for holiday in schedule.holidays}
    for began, ended, offset in _offsets(time_zone(schedule.zone), from_, to) if hours else ():
        day = (began + offset).date()
        while (midnight := datetime.combine(day, time(), UTC) - offset) < ended:
            for weekday, opens, closes in hours:
                opened, closed = max(midnight + opens, began), min(midnight + closes, ended)
                if weekday == day.isoweekday() and opened < closed and day not in holidays:
                    yield opened, closed
            day += DAY


def _offsets(zone: tzinfo, from_: datetime, to: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Periods with a constant offset from UTC, with that offset. Assumes that no zone changes its offset twice a day."""
    began = at = from_
    while at < to:
        following = min(at + DAY, to)
        if _offset(zone, at) != _offset(zone, following):
            change = _change(zone, at, following)
            yield began, change, _offset(zone, at)
            began = change
        at = following
    yield began, to, _offset(zone, began)


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The first whole second with the later offset, found by bisection."""
    earlier, later = before.replace(microsecond=0), after.replace(microsecond=0)
    while later - earlier > SECOND:
        middle = earlier + (later - earlier) // SECOND // 2 * SECOND
        if _offset(zone, middle) == _offset(zone, before):
            earlier = middle
        else:
            later = middle
    return later


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Joins periods that follow each other without a gap."""
    last: Stretch | None = None
    for began, ended in stretches:
        if last is not None and last[1] == began:
            last = (last[0], ended)
        else:
            if last is not None:
                yield last
            last = (began, ended)
    if last is not None:
        yield last


def _since_midnight(clock: str) -> timedelta:
    hours, minutes = clock.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


# Checks


def checked(schedule: Schedule) -> Schedule:
    """The schedule in the form in which it is recorded: sorted and without duplicates. Raises Malformed."""
    checked_zone(schedule.zone)
    _limit(schedule.hours, HOURS_LIMIT, "opening hours")
    _limit(schedule.holidays, HOLIDAY_LIMIT, "holidays")
    _limit(schedule.teams, TEAM_LIMIT, "teams")
    return Schedule(
        zone=schedule.zone,
        hours=_checked_hours(schedule.hours),
        holidays=_checked_holidays(schedule.holidays),
        teams=tuple(sorted({code(team, "team") for team in schedule.teams})),
    )


def _limit(values: Sequence[object], limit: int, what: str) -> None:
    if len(values) > limit:
        raise Malformed(f"At most {limit} {what} are allowed.")


def _checked_hours(hours: Iterable[OpenHours]) -> tuple[OpenHours, ...]:
    ordered = sorted(hours, key=lambda one: (one.weekday, one.opens))
    for one in ordered:
        if not 1 <= one.weekday <= 7 or not CLOCK.fullmatch(one.opens) or not CLOCK.fullmatch(one.closes):
            raise Malformed("Opening hours must have a weekday from 1 (Monday) to 7, and times such as 09:00.")
        if one.opens >= one.closes:
            raise Malformed("Opening hours must open before they close. Split hours over midnight at 24:00 and 00:00.")
    if any(one.weekday == other.weekday and one.closes > other.opens for one, other in pairwise(ordered)):
        raise Malformed("The opening hours of a day must not overlap.")
    return tuple(ordered)


def _checked_holidays(holidays: Iterable[Holiday]) -> tuple[Holiday, ...]:
    named = {
        holiday.date: Holiday(date=holiday.date, name=optional_text(holiday.name, "name of a holiday")) for holiday in holidays
    }
    return tuple(named[day] for day in sorted(named))
