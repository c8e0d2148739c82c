"""Open time of many pairs of moments: the same as for each pair alone, and fast."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.service.opening_hours import Holiday, InForce, OpenHours, Schedule, Timetable, open_between
from projections.service.business_time import BusinessTime
from projections.service.service_calendars import open_time
from projections.service.ticket_course import MICROSECOND, microseconds, moment
from tests.effort import with_little_cpu

START = datetime(2024, 3, 1, tzinfo=UTC)
SPAN = timedelta(days=400)
MINUTE = 60 * 10**6


def office(zone: str, opens: str = "09:00", closes: str = "17:30") -> Schedule:
    hours = tuple(OpenHours(weekday=day, opens=opens, closes=closes) for day in range(1, 6))
    return Schedule(zone=zone, hours=hours, holidays=(Holiday(date=date(2024, 4, 1)),))


TIMETABLES: dict[str, Timetable] = {
    "Berlin": [InForce(START, office("Europe/Berlin"))],
    "New York, then at night": [
        InForce(START, office("America/New_York")),
        InForce(START + timedelta(days=240, hours=5), office("America/New_York", "00:00", "03:30")),
    ],
    "never open": [InForce(START, Schedule(zone="UTC"))],
    "always open": [
        InForce(
            START, Schedule(zone="UTC", hours=tuple(OpenHours(weekday=d, opens="00:00", closes="24:00") for d in range(1, 8)))
        )
    ],
}
FROM, TO = microseconds(START), microseconds(START + SPAN)
moments = st.integers(FROM, TO)


def whole(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(numbers, dtype=np.int64)


@pytest.mark.parametrize("name", TIMETABLES)
@settings(max_examples=25, deadline=None)
@given(pairs=st.lists(st.tuples(moments, moments).map(sorted), min_size=1, max_size=5))
def test_open_time_of_many_pairs_equals_that_of_each_pair(name: str, pairs: list[list[int]]) -> None:
    began, ended = whole(*(pair[0] for pair in pairs)), whole(*(pair[1] for pair in pairs))
    found = BusinessTime(TIMETABLES[name], FROM, TO).between(began, ended)
    assert found.tolist() == [open_time(TIMETABLES[name], *pair) for pair in pairs]


def test_open_time_of_a_calendar_that_is_always_open_is_calendar_time() -> None:
    began, ended = whole(FROM, FROM + 5, FROM), whole(TO, FROM + 7, FROM)
    clock = BusinessTime(TIMETABLES["always open"], FROM, TO)
    assert clock.between(began, ended).tolist() == (ended - began).tolist()


def test_no_open_time_passes_before_the_first_moment_and_after_the_last() -> None:
    clock = BusinessTime(TIMETABLES["Berlin"], FROM, TO)
    total = sum((closed - opened for opened, closed in open_between(TIMETABLES["Berlin"], START, moment(TO))), timedelta())
    assert clock.until(whole(FROM - 10**15, FROM, TO, TO + 10**15)).tolist() == [0, 0, *2 * [total // MICROSECOND]]


def test_a_million_pairs_take_less_than_a_second() -> None:
    draw = np.random.default_rng(7)
    began = draw.integers(FROM, TO, 1_000_000)
    ended = began + draw.integers(0, 30 * 1440 * MINUTE, 1_000_000)
    found = with_little_cpu(1.0, lambda: BusinessTime(TIMETABLES["Berlin"], FROM, int(ended.max())).between(began, ended))
    assert ((found >= 0) & (found <= ended - began)).all()
