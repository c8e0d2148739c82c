from __future__ import annotations

from datetime import UTC, date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.operations.calendar import Calendar, DayEnded, DayNotOver, calendar_id, end_of
from domain.shared.events import Actor, Context, time_zone, type_name
from tests.domain.given import NOW, facts, live, state, stored

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


def ended(day: date = YESTERDAY, zone: str = "UTC") -> Calendar:
    calendar = Calendar(calendar_id(day))
    calendar.end(live(), day, zone)
    return calendar


def test_a_day_that_is_over_ends_once() -> None:
    calendar = ended()
    calendar.end(live(NOW), YESTERDAY, "Asia/Shanghai")
    assert facts(calendar) == [DayEnded(day=YESTERDAY, zone="UTC")]


def test_the_end_of_a_day_concerns_everyone() -> None:
    assert ended().pending[0][1].everyone


def test_a_day_that_is_not_over_cannot_end() -> None:
    with pytest.raises(DayNotOver):
        ended(TODAY)


def test_a_day_ends_according_to_its_zone() -> None:
    """At 9:30 in UTC it is 23:30 on the day before in Honolulu."""
    assert ended(YESTERDAY, "Asia/Shanghai").ended
    with pytest.raises(DayNotOver):
        ended(YESTERDAY, "Pacific/Honolulu")


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "+14:00"]))
def test_a_day_ends_at_the_first_moment_of_the_next(day: date, zone: str) -> None:
    over = end_of(day, time_zone(zone))
    assert over.astimezone(time_zone(zone)).date() == day + timedelta(days=1)
    context = Context(now=over.astimezone(UTC), actor=Actor(type="system", id="clock"))
    Calendar(calendar_id(day)).end(context, day, zone)


def test_every_day_has_its_own_permanent_stream() -> None:
    assert calendar_id(TODAY) == calendar_id(date.fromisoformat(TODAY.isoformat()))
    assert calendar_id(TODAY) != calendar_id(YESTERDAY)


def test_a_replay_gives_the_same_day() -> None:
    assert state(stored(ended())) == state(ended())


def test_type_names_are_permanent() -> None:
    assert [type_name(event) for event in Calendar.events] == ["crm.calendar.day_ended.v1"]
