"""Service calendars and service level policies: what they record, and when targets are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.service.opening_hours import Holiday, InForce, OpenHours, Schedule
from domain.service.service_calendar import Defined, Revised, ServiceCalendar, service_calendar_id
from domain.service.service_level import FROM_OPENING, PolicyVersion, Run, due, elapsed, in_force, judged, met_until, promised
from domain.service.sla_policy import Condition, PolicyTarget, Retired, SlaPolicy, Terms, sla_policy_id
from domain.service.ticket.values import SlaTarget
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, live, stored

HOUR = 3600
WEEKDAYS = tuple(OpenHours(weekday=day, opens="09:00", closes="17:00") for day in range(1, 6))
OFFICE = Schedule(zone="Europe/Berlin", hours=WEEKDAYS)
LONGER = Schedule(zone="Europe/Berlin", hours=(*WEEKDAYS, OpenHours(weekday=6, opens="10:00", closes="14:00")))
SOON = Terms(order=1, targets=(PolicyTarget(metric="first_response", seconds=HOUR),))
LATER = Terms(order=1, targets=(PolicyTarget(metric="first_response", seconds=9 * HOUR),))
FRIDAY = datetime(2026, 3, 27, 15, tzinfo=UTC)
"""At 16:00 in Berlin, and on the Sunday after it the clocks go forward."""


def calendar() -> ServiceCalendar:
    made = ServiceCalendar(service_calendar_id("default"))
    made.define(live(LAST_WEEK), "default", OFFICE)
    return made


def policy(**terms: Any) -> SlaPolicy:
    made = SlaPolicy(sla_policy_id("soon"))
    made.define(live(LAST_WEEK), "soon", SOON)
    return made


def test_a_calendar_is_defined_once_and_then_revised() -> None:
    made = calendar()
    made.define(live(), "default", OFFICE)
    made.define(live(), "default", LONGER)
    made.define(live(), "default", LONGER)
    assert facts(made) == [Defined(code="default", schedule=OFFICE), Revised(schedule=LONGER)]
    assert all(event.everyone() for event in facts(made))
    assert vars(stored(made))["schedule"] == LONGER


def test_a_revision_with_an_earlier_time_does_not_replace_a_later_one() -> None:
    made = calendar()
    made.define(live(), "default", LONGER)
    made.define(live(YESTERDAY), "default", OFFICE)
    made.define(live(YESTERDAY), "default", OFFICE)
    assert (len(facts(made)), made.schedule, made.since) == (3, LONGER, NOW)


def test_an_invalid_calendar_is_refused() -> None:
    for code, schedule in (("no code", OFFICE), ("default", Schedule(zone="Mars"))):
        with pytest.raises(Malformed):
            ServiceCalendar(service_calendar_id("default")).define(live(), code, schedule)


def test_a_retired_policy_is_in_force_again_when_it_is_defined_again() -> None:
    made = policy()
    made.retire(live(YESTERDAY))
    made.retire(live())
    made.define(live(), "soon", SOON)
    assert [type(fact).__name__ for fact in facts(made)] == ["Defined", "Retired", "Revised"]
    assert all(event.everyone() for event in facts(made))
    assert stored(made).terms == SOON


def test_retiring_a_policy_again_at_another_time_is_recorded_and_flagged() -> None:
    made = policy()
    made.retire(live(YESTERDAY))
    made.retire(live(NOW))
    assert [(type(event), about.irregular) for event, about in made.pending[1:]] == [(Retired, ()), (Retired, ("repeated",))]


def test_a_policy_that_was_never_defined_cannot_be_retired() -> None:
    with pytest.raises(NotThere):
        SlaPolicy(sla_policy_id("soon")).retire(live())


@pytest.mark.parametrize(
    "terms",
    [
        Terms(order=10**9),
        Terms(order=1, conditions=(Condition(field="channel", values=()),)),
        Terms(order=1, conditions=(Condition(field="colour", values=("red",)),)),  # type: ignore[arg-type]
        Terms(order=1, conditions=(Condition(field="channel", values=("a",)), Condition(field="channel", values=("b",)))),
        Terms(order=1, targets=SOON.targets + LATER.targets),
        Terms(order=1, targets=(PolicyTarget(metric="first_response", seconds=0),)),
        Terms(order=1, targets=(PolicyTarget(metric="joy", seconds=1),)),  # type: ignore[arg-type]
    ],
)
def test_invalid_terms_are_refused(terms: Terms) -> None:
    with pytest.raises(Malformed):
        SlaPolicy(sla_policy_id("soon")).define(live(), "soon", terms)


# Due times


def policy_version(code: str, terms: Terms | None, since: datetime = LAST_WEEK, version: int = 1) -> PolicyVersion:
    return PolicyVersion(sla_policy_id(code), code, version, since, terms)


def in_business(seconds: int) -> SlaTarget:
    return SlaTarget(metric="first_response", seconds=seconds, hours="business")


def test_targets_of_a_new_ticket_are_due_by_their_business_or_calendar_hours() -> None:
    terms = Terms(
        order=1,
        conditions=(Condition(field="channel", values=("email",)),),
        targets=(
            PolicyTarget(metric="first_response", seconds=2 * HOUR, hours="business"),
            PolicyTarget(metric="first_response", seconds=HOUR, hours="business", priority="high"),
            PolicyTarget(metric="full_resolution", seconds=72 * HOUR),
            PolicyTarget(metric="next_reply", seconds=HOUR),
        ),
    )
    timetable = [InForce(LAST_WEEK, OFFICE)]
    policies = [policy_version("mail", terms)]
    promise = promised(FRIDAY, {"channel": "email", "priority": "low"}, policies)
    assert promise is not None
    assert [(target.metric, target.seconds) for target in promise.targets] == [
        ("first_response", 2 * HOUR),
        ("next_reply", HOUR),
        ("full_resolution", 72 * HOUR),
    ]
    # Monday at 10:00 in Berlin. Summer time started on Sunday, so this is an hour earlier in UTC than before.
    from_opening = [target for target in promise.targets if target.metric in FROM_OPENING]
    dues = [due(target, [(FRIDAY, None)], timetable) for target in from_opening]
    assert dues == [datetime(2026, 3, 30, 8, tzinfo=UTC), FRIDAY + timedelta(days=3)]
    assert promised(FRIDAY, {"channel": "phone"}, policies) is None


def test_the_first_policy_in_force_is_tried_first() -> None:
    versions = [
        policy_version("b", Terms(order=1)),
        policy_version("a", Terms(order=1)),
        policy_version("c", Terms(order=0), since=NOW),
        policy_version("d", Terms(order=0)),
        policy_version("d", None, since=YESTERDAY, version=2),
        policy_version("e", Terms(order=9)),
        policy_version("e", Terms(order=-9), since=YESTERDAY, version=2),
    ]
    assert [policy.code for policy in in_force(YESTERDAY, versions)] == ["e", "a", "b"]
    assert [policy.code for policy in in_force(LAST_WEEK, reversed(versions))] == ["d", "a", "b", "e"]
    assert in_force(LAST_WEEK - timedelta(days=1), versions) == []


def test_a_target_without_enough_business_hours_has_no_due_time() -> None:
    closed = Schedule(zone="UTC", holidays=(Holiday(date=date(2026, 1, 1)),))
    assert due(in_business(1), [(FRIDAY, None)], [InForce(LAST_WEEK, closed)]) is None
    assert due(in_business(1), [(FRIDAY, None)], None) is None


def test_time_between_periods_does_not_count() -> None:
    target = SlaTarget(metric="requester_wait", seconds=3 * HOUR)
    runs = [(FRIDAY, FRIDAY + timedelta(hours=2)), (FRIDAY + timedelta(hours=10), None)]
    assert due(target, runs, None) == FRIDAY + timedelta(hours=11)
    assert due(target, runs[:1], None) is None


def test_a_target_due_when_the_office_closes_is_met_until_it_opens_again() -> None:
    timetable, until_closing = [InForce(LAST_WEEK, OFFICE)], FRIDAY + timedelta(hours=1)
    runs = [(FRIDAY, None)]
    # Monday at 9:00 in Berlin, in summer time.
    assert due(in_business(HOUR), runs, timetable) == until_closing
    assert met_until(in_business(HOUR), runs, timetable) == datetime(2026, 3, 30, 7, tzinfo=UTC)
    calendar_hour = SlaTarget(metric="first_response", seconds=HOUR)
    assert met_until(calendar_hour, runs, timetable) == due(calendar_hour, runs, timetable) == until_closing


quarters = st.integers(0, 500).map(lambda quarters: FRIDAY + timedelta(minutes=15 * quarters))


@settings(max_examples=200, deadline=None)
@given(
    edges=st.lists(quarters, min_size=1, max_size=5).map(sorted),
    now=quarters,
    target=st.integers(1, 60).map(lambda n: n * 900),
    in_hours=st.sampled_from(["calendar", "business"]),
)
def test_a_running_wait_is_breached_exactly_after_the_moment_until_which_it_is_met(
    edges: list[datetime], now: datetime, target: int, in_hours: Any
) -> None:
    """The policy waits for that moment, and reports compare the time that counted with the target."""
    timetable = [InForce(LAST_WEEK, OFFICE)]
    *ended, began = edges if len(edges) % 2 else edges[1:]
    runs: list[Run] = [*zip(ended[::2], ended[1::2], strict=True), (began, None)]
    wanted = SlaTarget(metric="requester_wait", seconds=target, hours=in_hours)
    until, now = met_until(wanted, runs, timetable), max(now, began)
    late = elapsed(in_hours, runs, now, timetable) > timedelta(seconds=target)
    assert until is not None
    assert late is (now > until)
    assert (judged(wanted, runs, False, now, timetable).verdict == "breached") is late
    soonest = due(wanted, runs, timetable)
    assert soonest is not None
    assert soonest <= until
