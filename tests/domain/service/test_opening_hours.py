"""Open time by the local clock, compared with a count of minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.service.opening_hours import Holiday, InForce, OpenHours, Schedule, Timetable, checked, open_between
from domain.shared.events import time_zone
from domain.shared.refusals import Malformed

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEEK = tuple(range(1, 8))
# Sundays in 2024 on which one of these zones changed its clock, and an ordinary day.
CHANGES = [date(2024, 3, 10), date(2024, 3, 31), date(2024, 11, 3), date(2024, 10, 27), date(2024, 6, 2)]


def every_day(opens: str, closes: str, zone: str = "Europe/Berlin", **more: object) -> Schedule:
    hours = tuple(OpenHours(weekday=day, opens=opens, closes=closes) for day in WEEK)
    return Schedule(zone=zone, hours=hours, **more)  # type: ignore[arg-type]


def timetable(*schedules: Schedule, since: datetime = datetime(2024, 1, 1, tzinfo=UTC)) -> Timetable:
    return [InForce(since + number * DAY, schedule) for number, schedule in enumerate(schedules)]


def open_time(schedules: Timetable, from_: datetime, to: datetime) -> timedelta:
    return sum((closed - opened for opened, closed in open_between(schedules, from_, to)), timedelta())


def minutes_open(schedules: Timetable, from_: datetime, to: datetime) -> int:
    """Counts the open minutes by reading the clock every minute."""
    return sum(is_open(schedules, from_ + n * MINUTE) for n in range((to - from_) // MINUTE))


def is_open(schedules: Timetable, at: datetime) -> bool:
    schedule = [schedule for since, schedule in schedules if since <= at or since == schedules[0].since][-1]
    local = at.astimezone(time_zone(schedule.zone))
    clock = f"{local:%H:%M}"
    closed = any(holiday.date == local.date() for holiday in schedule.holidays)
    return not closed and any(h.weekday == local.isoweekday() and h.opens <= clock < h.closes for h in schedule.hours)


@st.composite
def schedules(draw: st.DrawFn, around: date) -> Schedule:
    clocks = [f"{hour:02}:{minute}" for hour in range(24) for minute in ("00", "30")] + ["24:00"]
    hours: list[OpenHours] = []
    for weekday in draw(st.sets(st.sampled_from(WEEK))):
        edges: Sequence[str] = sorted(draw(st.sets(st.sampled_from(clocks), min_size=2, max_size=4)))
        hours += [OpenHours(weekday=weekday, opens=edges[0], closes=edges[1])]
        hours += [OpenHours(weekday=weekday, opens=edges[-2], closes=edges[-1])] if len(edges) == 4 else []
    days = st.integers(-2, 2).map(lambda days: Holiday(date=around + days * DAY))
    zone = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "+05:45", "UTC"])
    return checked(Schedule(zone=draw(zone), hours=tuple(hours), holidays=tuple(draw(st.lists(days, max_size=2)))))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), around=st.sampled_from(CHANGES), start=st.integers(0, 2000), length=st.integers(0, 3000))
def test_open_time_equals_the_open_minutes_of_the_clock(data: st.DataObject, around: date, start: int, length: int) -> None:
    drawn = data.draw(st.lists(schedules(around), min_size=1, max_size=3))
    midnight = datetime(around.year, around.month, around.day, tzinfo=UTC)
    known = timetable(*drawn, since=midnight - DAY)
    from_ = midnight - DAY + start * MINUTE
    to = from_ + length * MINUTE
    found = list(open_between(known, from_, to))
    assert sum((closed - opened for opened, closed in found), timedelta()) == minutes_open(known, from_, to) * MINUTE
    assert all(from_ <= opened < closed <= to for opened, closed in found)
    assert all(closed < opened for (_, closed), (opened, _) in pairwise(found))


def test_a_skipped_hour_does_not_count_and_a_repeated_hour_counts_twice() -> None:
    for zone, short, long in (
        ("Europe/Berlin", date(2024, 3, 31), date(2024, 10, 27)),
        ("America/New_York", date(2024, 3, 10), date(2024, 11, 3)),
    ):
        known = timetable(every_day("00:00", "24:00", zone), every_day("01:00", "05:00", zone))
        for day, hours in ((short, 3), (long, 5)):
            from_ = datetime.combine(day, time(), time_zone(zone)).astimezone(UTC)
            assert open_time(known, from_, from_ + DAY) == timedelta(hours=hours)


def test_opening_hours_around_the_clock_are_one_period() -> None:
    known = timetable(every_day("00:00", "24:00"), every_day("00:00", "24:00", "UTC"))
    from_, to = datetime(1999, 2, 3, 4, 5, 6, 7, tzinfo=UTC), datetime(2031, 5, 6, tzinfo=UTC)
    assert list(open_between(known, from_, to)) == [(from_, to)]


def test_a_schedule_without_hours_has_no_open_time() -> None:
    known = timetable(Schedule(zone="UTC"))
    assert list(open_between(known, datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))) == []


def test_each_instant_uses_the_schedule_in_force_and_the_first_one_also_applies_before_it() -> None:
    known = timetable(every_day("08:00", "10:00", "UTC"), every_day("08:00", "20:00", "UTC"))
    at = datetime(2023, 12, 31, tzinfo=UTC)
    assert [open_time(known, at + n * DAY, at + (n + 1) * DAY).seconds // 3600 for n in range(3)] == [2, 2, 12]


def test_a_schedule_is_recorded_sorted_and_without_duplicates() -> None:
    monday, tuesday = (OpenHours(weekday=day, opens="09:00", closes="17:00") for day in (1, 2))
    new_year, may_day = Holiday(date=date(2026, 1, 1)), Holiday(date=date(2026, 5, 1), name=" May Day ")
    given = Schedule(zone="UTC", hours=(tuesday, monday), holidays=(may_day, new_year, new_year), teams=("b", "a", "b"))
    assert checked(given) == Schedule(
        zone="UTC",
        hours=(monday, tuesday),
        holidays=(new_year, Holiday(date=date(2026, 5, 1), name="May Day")),
        teams=("a", "b"),
    )


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(zone="Nowhere/City"),
        Schedule(zone="UTC", hours=(OpenHours(weekday=0, opens="09:00", closes="17:00"),)),
        Schedule(zone="UTC", hours=(OpenHours(weekday=1, opens="9:00", closes="17:00"),)),
        Schedule(zone="UTC", hours=(OpenHours(weekday=1, opens="09:00", closes="24:30"),)),
        Schedule(zone="UTC", hours=(OpenHours(weekday=1, opens="22:00", closes="06:00"),)),
        Schedule(
            zone="UTC",
            hours=(OpenHours(weekday=1, opens="09:00", closes="12:00"), OpenHours(weekday=1, opens="11:59", closes="17:00")),
        ),
        Schedule(zone="UTC", teams=("no code",)),
        Schedule(zone="UTC", holidays=(Holiday(date=date(2026, 1, 1), name=" "),)),
    ],
)
def test_an_invalid_schedule_is_refused(schedule: Schedule) -> None:
    with pytest.raises(Malformed):
        checked(schedule)
