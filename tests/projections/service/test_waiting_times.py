"""The report on waiting times, with numbers worked out by hand or by other libraries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from statsmodels.duration.survfunc import SurvfuncRight

from domain.customers.customer.customer import Customer
from domain.service.opening_hours import OpenHours, Schedule
from domain.service.service_calendar import ServiceCalendar
from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from projections.service import service_calendars, ticket_times, waiting_times
from projections.service.ticket_course import all_time, microseconds
from projections.service.ticket_measures import SECOND
from projections.service.ticket_times import times
from projections.service.waiting_times import Answer, Question
from projections.shared.figures import Figure
from projections.shared.reports import TooManyGroups
from tests.projections.harness import History, fold, in_memory, uuid
from tests.projections.service import given_many_tickets as many
from tests.projections.service.given_many_tickets import BEGAN, SCHEDULES, Given, Schedules
from tests.projections.service.given_tickets import HOUR, NOW, hours, opened, then

READ_MODELS = (ticket_times.ticket_times, service_calendars.service_calendars)


@pytest.fixture
def history() -> History:
    history = History()
    history.now = NOW
    return history


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ_MODELS) as connection:
        yield connection


def asked(connection: Connection, history: History, now: datetime = NOW, **question: Any) -> Answer:
    for read_model in READ_MODELS:
        fold(connection, history, read_model)
    period = {"from_": date(2024, 1, 1), "to": date(2025, 1, 1)}
    return waiting_times.report(connection, Question(**period | question), now)


def solved(history: History, name: str, at: float, took: float, **facts: Any) -> Ticket:
    ticket = opened(history, name, at, **facts)
    then(history, ticket, at + took, ticket.solve)
    return ticket


SHARES = [0.9, 0.8, 0.685714285714, 0.571428571429, 0.457142857143, 0.304761904762, 0]


def states(ticket: Ticket, attributes: dict[str, Any], context: Any) -> None:
    ticket.set_attributes(context, attributes)


def assign(ticket: Ticket, team: str, context: Any) -> None:
    ticket.assign(context, "ann", team)


def defined(history: History, code: str, schedule: Schedule) -> None:
    calendar = history.of(ServiceCalendar, code)
    history.must(calendar, lambda context: calendar.define(context, code, schedule), occurred_at=hours(-24))


def known(figure: Figure) -> Any:
    """Value and bounds in hours."""
    bounds = (figure.interval.low, figure.interval.high) if figure.interval else (None, None)
    value, low, high = (None if one is None else one / HOUR for one in (figure.value, *bounds))
    return value, low, high


def number(answer: Answer, name: str) -> int:
    return int(answer.total.measures[name].value or 0)


def counts(answer: Answer) -> dict[str, int]:
    return {name: number(answer, name) for name in ("tickets", "events", "censored", "irregular", "without_calendar")}


def test_open_tickets_count_as_waiting_at_least_until_now(connection: Connection, history: History) -> None:
    for number, took in enumerate((1, 2, 3, 5, 6, 8, 12)):
        solved(history, f"solved {number}", 0, took)
    for number, waited in enumerate((2, 6, 9)):
        opened(history, f"open {number}", 12 - waited)
    total = asked(connection, history, hours(12), tau=10 * 3600).total
    assert known(total.measures["median"]) == (6, 1, 12)
    mean, low, high = known(total.measures["restricted_mean"])
    assert [float(one or 0) for one in (mean, low, high)] == pytest.approx([6.166666666666667, 4.0557793114862, 8.277554021847])
    assert [float(point.share) for point in total.curve] == pytest.approx(SHARES)
    assert [point.seconds / HOUR for point in total.curve] == [1, 2, 3, 5, 6, 8, 12]
    assert total.measures["median"].n == 10


def test_a_quantile_that_few_waits_reach_has_a_caution(connection: Connection, history: History) -> None:
    for took in range(1, 31):
        solved(history, f"{took}", 0, took)
    measures = asked(connection, history).total.measures
    assert not measures["median"].caution
    assert measures["p90"].caution == "fewer than 10 waits lasted so long: the interval may be too narrow"


def test_an_answer_of_the_same_time_stays_the_same_and_a_later_one_knows_more(connection: Connection, history: History) -> None:
    solved(history, "a", 0, 5)
    opened(history, "b", 0)
    first = asked(connection, history, hours(10))
    assert waiting_times.report(connection, Question(from_=date(2024, 1, 1), to=date(2025, 1, 1)), hours(10)) == first
    assert first.total.measures["restricted_to"].value == 10 * HOUR
    assert asked(connection, history, hours(20)).total.measures["restricted_to"].value == 20 * HOUR


def test_without_a_solution_there_is_no_median_but_a_reason(connection: Connection, history: History) -> None:
    opened(history, "a", 0)
    opened(history, "b", 1)
    measures = asked(connection, history).total.measures
    for name in ("median", "p90", "restricted_mean"):
        assert (measures[name].value, measures[name].reason) == (None, "no such wait has ended yet"), name
    solved(history, "c", 0, 1)
    found = asked(connection, history).total
    assert found.measures["median"].reason == "less than half have ended"
    assert found.measures["restricted_mean"].value is not None


def test_a_report_over_no_tickets_says_so(connection: Connection, history: History) -> None:
    total, groups, log_rank = answer = asked(connection, history, by=("category",))
    assert (number(answer, "tickets"), groups, total.curve) == (0, [], [])
    assert {total.measures[name].reason for name in ("median", "p90", "restricted_mean")} == {"there is no such ticket"}
    assert (log_rank.value, log_rank.reason) == (None, "there are no two groups")


def test_one_ticket_and_tickets_that_all_took_as_long_have_an_interval_without_width(
    connection: Connection, history: History
) -> None:
    solved(history, "a", 0, 3)
    assert known(asked(connection, history).total.measures["median"]) == (3, 3, 3)
    solved(history, "b", 5, 3)
    measures = asked(connection, history).total.measures
    assert (known(measures["median"]), known(measures["restricted_mean"])) == ((3, 3, 3), (3, 3, 3))


def test_a_ticket_reopened_and_never_solved_again_has_its_first_resolution_and_waits_for_its_last(
    connection: Connection, history: History
) -> None:
    ticket = solved(history, "a", 0, 2)
    then(history, ticket, 4, ticket.reopen)
    first, full = (asked(connection, history, measure=name) for name in ("first_resolution", "full_resolution"))
    assert (counts(first)["events"], known(first.total.measures["median"])[0]) == (1, 2)
    assert (counts(full)["events"], counts(full)["censored"], full.total.measures["median"].value) == (0, 1, None)


def test_a_ticket_that_ends_without_a_response_waited_for_one_until_its_end(connection: Connection, history: History) -> None:
    solved(history, "unanswered", 0, 4)
    answered = opened(history, "answered", 0)
    then(history, answered, 6, lambda context: answered.reply(context, Replied(reply_id="1", by="agent")))
    answer = asked(connection, history, measure="first_response")
    assert (number(answer, "events"), number(answer, "censored")) == (1, 1)
    assert [(int(point.seconds / HOUR), int(point.share), point.at_risk) for point in answer.total.curve] == [(6, 0, 1)]


def test_discarded_tickets_are_left_out_and_what_ends_before_it_begins_is_counted(
    connection: Connection, history: History
) -> None:
    spam = opened(history, "spam")
    then(history, spam, 1, lambda context: spam.discard(context, reason="spam"))
    odd = opened(history, "odd")
    then(history, odd, -3, odd.solve, origin="import")
    solved(history, "fine", 0, 2)
    answer = asked(connection, history)
    assert counts(answer) == {"tickets": 2, "events": 1, "censored": 0, "irregular": 1, "without_calendar": 0}
    assert known(answer.total.measures["median"])[0] == 2


def test_a_fact_that_is_recorded_late_moves_the_curve(connection: Connection, history: History) -> None:
    ticket = solved(history, "a", 0, 9)
    assert known(asked(connection, history).total.measures["median"])[0] == 9
    then(history, ticket, 3, ticket.solve, origin="import")
    assert known(asked(connection, history).total.measures["median"])[0] == 3


def test_the_cohort_is_of_those_opened_on_the_days_and_a_day_of_a_zone_may_have_23_hours(
    connection: Connection, history: History
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # 31 March 2024 has 23 hours in Berlin: it begins 23:00 UTC the day before, and ends 22:00 UTC.
    for name, at in (("before", "30T22:59"), ("first", "30T23:00"), ("last", "31T21:59"), ("after", "31T22:00")):
        moment = datetime.fromisoformat(f"2024-03-{at}:00+00:00")
        solved(history, name, (moment - hours(0)).total_seconds() / 3600, 1)
    day: dict[str, Any] = {"from_": date(2024, 3, 31), "to": date(2024, 4, 1), "zone": berlin}
    assert counts(asked(connection, history, **day))["tickets"] == 2


def test_a_period_without_a_day_has_no_tickets(connection: Connection, history: History) -> None:
    solved(history, "a", 0, 1)
    answer = asked(connection, history, from_=date(2024, 3, 1), to=date(2024, 3, 1))
    assert counts(answer)["tickets"] == 0
    assert answer.total.measures["median"].reason == "there is no such ticket"


def test_the_tickets_of_merged_and_erased_customers_still_count(connection: Connection, history: History) -> None:
    people = [history.of(Customer, name) for name in ("Ada", "Bob")]
    for person in people:
        history.must(person, partial(person.register, kind="person", name="A customer"))
    for number, took in enumerate((1, 3, 9)):
        solved(history, f"{number}", 0, took, customer_id=people[number % 2].id)
    before = asked(connection, history)
    ada, bob = people
    history.must(ada, lambda context: ada.merge_into(context, bob.id))
    assert asked(connection, history) == before
    history.must(bob, lambda context: bob.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    assert asked(connection, history) == before


def test_groups_are_compared_by_a_test(connection: Connection, history: History) -> None:
    for number in range(12):
        solved(history, f"cups {number}", 0, 1 + number % 4, category="cups")
        solved(history, f"tea {number}", 0, 30 + number, category="tea")
    _, groups, log_rank = asked(connection, history, by=("category",))
    assert [(group.group["category"], known(group.measures["median"])[0]) for group in groups] == [("cups", 2), ("tea", 35)]
    assert log_rank.test
    assert log_rank.test.p_value is not None
    assert (log_rank.test.method, log_rank.n) == ("log-rank, 1 degree of freedom", 24)
    assert log_rank.test.p_value < Decimal("1e-6")


def test_a_flag_of_the_source_is_a_group(connection: Connection, history: History) -> None:
    for name, flag, took in (("a", True, 1), ("b", False, 9), ("c", True, 2)):
        ticket = solved(history, name, 0, took)
        stated = {"made_sla": flag, "tier": 2}
        history.must(ticket, partial(states, ticket, stated))
    plain = opened(history, "d")
    history.must(plain, lambda context: plain.set_attributes(context, {"note": "secret", "queue": "B"}, plain={"queue"}))
    _, groups, _ = asked(connection, history, by=("attribute:made_sla",))
    found = {group.group["attribute:made_sla"]: known(group.measures["median"])[0] for group in groups}
    assert found == {None: None, "false": 9, "true": 1}
    _, groups, _ = asked(connection, history, by=("attribute:tier", "attribute:queue", "attribute:note"))
    assert [list(group.group.values()) for group in groups] == [[None, "B", None], ["2", None, None]]
    history.must(plain, lambda context: plain.set_attributes(context, {"queue": None}, plain={"queue"}))
    _, groups, _ = asked(connection, history, by=("attribute:queue",))
    assert [group.group for group in groups] == [{"attribute:queue": None}]


def test_too_many_groups_are_refused(connection: Connection, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.shared.reports.GROUP_LIMIT", 1)
    solved(history, "a", 0, 1, category="cups")
    solved(history, "b", 0, 1, category="tea")
    with pytest.raises(TooManyGroups):
        asked(connection, history, by=("category",))


def test_with_many_groups_only_the_total_is_drawn_and_nothing_is_compared(
    connection: Connection, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_times, "CURVES", 1)
    monkeypatch.setattr(waiting_times, "COMPARED", 1)
    solved(history, "a", 0, 1, category="cups")
    solved(history, "b", 0, 2, category="tea")
    total, groups, log_rank = asked(connection, history, by=("category",))
    assert ([group.curve for group in groups], len(total.curve)) == ([[], []], 2)
    assert log_rank.reason == "there are more than 1 groups"
    assert all(group.measures["median"].value for group in groups)


def test_in_business_time_a_weekend_takes_no_time_and_a_ticket_without_a_calendar_has_none(
    connection: Connection, history: History
) -> None:
    working = tuple(OpenHours(weekday=day, opens="09:00", closes="17:00") for day in range(1, 6))
    defined(history, "office", Schedule(zone="UTC", hours=working, teams=("t",)))
    for name, took, team in (("weekend", 71.0, "t"), ("nobody", 1.0, None)):
        # Opened on Friday 1 March at noon.
        ticket = opened(history, name, 0)
        if team:
            then(history, ticket, 0.0, partial(assign, ticket, team))
        then(history, ticket, took, ticket.solve)
    answer = asked(connection, history, clock="business")
    assert counts(answer) == {"tickets": 2, "events": 1, "censored": 0, "irregular": 0, "without_calendar": 1}
    # Monday at 11: five hours on Friday and two on Monday.
    assert known(answer.total.measures["median"])[0] == 7


def test_a_calendar_that_is_never_open_has_waits_without_length(connection: Connection, history: History) -> None:
    defined(history, "default", Schedule(zone="UTC"))
    solved(history, "a", 0, 50)
    opened(history, "b", 0)
    answer = asked(connection, history, clock="business")
    assert (counts(answer)["events"], counts(answer)["censored"]) == (1, 1)
    assert known(answer.total.measures["median"])[0] == 0


@settings(max_examples=25, deadline=None)
@given(
    some=st.lists(many.tickets(), max_size=12),
    schedules=st.sampled_from(SCHEDULES),
    now=st.integers(0, 600).map(lambda count: BEGAN + timedelta(hours=count, minutes=7)),
    measure=st.sampled_from(["first_resolution", "full_resolution"]),
    clock=st.sampled_from(["calendar", "business"]),
)
def test_the_curve_is_that_of_each_ticket(
    some: list[Given], schedules: Schedules, now: datetime, measure: Any, clock: Any
) -> None:
    everything: dict[str, Any] = {"from_": date(1900, 1, 1), "to": date(9999, 1, 1)}
    with in_memory(*READ_MODELS) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr("projections.shared.vectors.ROWS", 3)
        calendars = many.write(connection, some, schedules=schedules)
        answer = waiting_times.report(connection, Question(**everything, measure=measure, clock=clock), now)
        clocks = calendars if clock == "business" else None
        values = [times(connection, uuid(number), clocks) or {} for number in range(len(some))]
    waits: list[tuple[float, bool]] = []
    for one, row in zip(some, values, strict=True):
        course, passed = one.course, calendars.clock(one.fields["team"]) if clock == "business" else all_time
        end = course.first_resolution if measure == "first_resolution" else course.resolution
        if course.discarded or passed is None or (end and end.at < course.opening.at):
            continue
        took = passed(course.opening.at, end.at if end else microseconds(now)) / SECOND
        waits.append((took, end is not None))
        if end and row["measures"][measure]["value"] is not None:
            assert took == pytest.approx(float(row["measures"][measure]["value"]))
    ended = sum(end for _, end in waits)
    assert (number(answer, "events"), number(answer, "censored")) == (ended, len(waits) - ended)
    if ended:
        oracle = SurvfuncRight([took for took, _ in waits], [int(end) for _, end in waits])
        steps = oracle.n_events > 0
        assert [float(point.share) for point in answer.total.curve] == pytest.approx(list(oracle.surv_prob[steps]), abs=1e-9)
        halved = oracle.surv_times[oracle.surv_prob <= 0.5 + 1e-12]
        median = answer.total.measures["median"].value
        assert (None if median is None else float(median)) == (pytest.approx(halved[0]) if len(halved) else None)
