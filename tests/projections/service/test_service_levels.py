"""Promises about tickets, and whether they were kept; times are hours after Friday, 1 March 2024, at noon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from sqlalchemy import Connection, select

from domain.service.opening_hours import OpenHours, Schedule
from domain.service.service_calendar import ServiceCalendar
from domain.service.service_level import worst
from domain.service.sla_policy import Condition, PolicyTarget, SlaPolicy, Terms
from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from projections.service.service_calendars import calendars, service_calendars
from projections.service.service_level_report import Kept, Question, report
from projections.service.sla_policies import sla_policies
from projections.service.ticket_measures import MEASURES
from projections.service.ticket_report import Question as TimesQuestion
from projections.service.ticket_report import report as times_report
from projections.service.ticket_service_level import service_level
from projections.service.ticket_times import measured_tickets, so_far, ticket_times, times
from tests.projections.harness import History, clear, fold, in_memory
from tests.projections.histories import histories
from tests.projections.service.given_tickets import NOON, NOW, hours, opened, then

HOUR = 3600
READ = (ticket_times, service_calendars, sla_policies)
OFFICE = Schedule(zone="UTC", hours=tuple(OpenHours(weekday=day, opens="09:00", closes="17:00") for day in range(1, 6)))


@pytest.fixture
def history() -> History:
    history = History()
    history.now = NOW
    return history


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


def calendar(history: History, code: str = "default", schedule: Schedule = OFFICE, at: float = -100) -> None:
    defined = history.of(ServiceCalendar, f"calendar {code}")
    history.must(defined, lambda context: defined.define(context, code, schedule), occurred_at=hours(at))


def policy(history: History, *targets: PolicyTarget, code: str = "all", at: float = -100, **terms: Any) -> SlaPolicy:
    defined = history.of(SlaPolicy, f"policy {code}")
    all_terms = replace(Terms(order=1, targets=targets), **terms)
    history.must(defined, lambda context: defined.define(context, code, all_terms), occurred_at=hours(at))
    return defined


def within(metric: Any, count: float, in_hours: Any = "calendar", priority: str | None = None) -> PolicyTarget:
    return PolicyTarget(metric=metric, seconds=int(count * HOUR), hours=in_hours, priority=priority)


def reply(history: History, ticket: Ticket, at: float, by: Any = "agent") -> None:
    then(history, ticket, at, lambda context: ticket.reply(context, Replied(reply_id=f"{at}", by=by)))


def asked(connection: Connection, history: History, now: float = 1000, **question: Any) -> tuple[Kept, list[Kept]]:
    for projection in READ:
        clear(connection, projection)
        fold(connection, history, projection)
    period = {"from_": date(2024, 1, 1), "to": date(2025, 1, 1)}
    return report(connection, Question(**period | question), hours(now))


def counts(kept: Kept, metric: str = "first_response") -> tuple[int, ...]:
    return tuple(number(kept, f"{metric}_{verdict}") for verdict in ("met", "breached", "undecided"))


def number(kept: Kept, name: str) -> int:
    return int(kept.measures[name].value or 0)


def one(connection: Connection, ticket: Ticket, now: float = 1000) -> dict[str, Any]:
    row = service_level(connection, ticket.id, hours(now))
    assert row is not None
    return row


def test_a_response_at_the_due_moment_keeps_the_promise(connection: Connection, history: History) -> None:
    policy(history, within("first_response", 4))
    for name, at in (("in time", 4), ("late", 4.001)):
        reply(history, opened(history, name), at)
    total, _ = asked(connection, history)
    assert counts(total) == (1, 1, 0)
    share = total.measures["first_response_attainment"]
    assert (share.value, share.numerator, share.denominator) == (Decimal("0.5"), 1, 2)


def test_an_open_ticket_is_undecided_until_it_is_overdue(connection: Connection, history: History) -> None:
    policy(history, within("first_response", 4))
    opened(history)
    assert counts(asked(connection, history, now=4)[0]) == (0, 0, 1)
    total, _ = report(connection, Question(from_=date(2024, 1, 1), to=date(2025, 1, 1)), hours(4.01))
    assert counts(total) == (0, 1, 0)
    assert (
        report(connection, Question(from_=date(2024, 1, 1), to=date(2025, 1, 1)), hours(1))[0]
        .measures["first_response_attainment"]
        .reason
    )


def test_business_hours_are_those_of_the_teams_calendar(connection: Connection, history: History) -> None:
    """From Friday at noon, eight office hours end on Monday at noon; the night team works around the clock."""
    calendar(history)
    around = tuple(OpenHours(weekday=day, opens="00:00", closes="24:00") for day in range(1, 8))
    calendar(history, "night", Schedule(zone="UTC", hours=around, teams=("owls",)))
    policy(history, within("first_resolution", 8, "business"))
    by_day, by_night = opened(history, "day"), opened(history, "night")
    then(history, by_night, 0, lambda context: by_night.assign(context, None, "owls"))
    for ticket in (by_day, by_night):
        then(history, ticket, 70, ticket.solve)
    total, groups = asked(connection, history, by=("team",))
    assert counts(total, "first_resolution") == (1, 1, 0)
    assert [(kept.group["team"], counts(kept, "first_resolution")) for kept in groups] == [
        (None, (1, 0, 0)),
        ("owls", (0, 1, 0)),
    ]
    due = [(one(connection, ticket)["calendar"], one(connection, ticket)["targets"][0]["due"]) for ticket in (by_day, by_night)]
    assert due == [("default", NOON + timedelta(days=3)), ("night", hours(8))]


def test_a_target_in_business_hours_without_a_calendar_is_undecided(connection: Connection, history: History) -> None:
    policy(history, within("first_response", 1, "business"))
    ticket = opened(history)
    reply(history, ticket, 50)
    assert counts(asked(connection, history)[0]) == (0, 0, 1)
    assert (one(connection, ticket)["calendar"], one(connection, ticket)["targets"][0]["verdict"]) == (None, "undecided")


def test_the_first_policy_that_matches_applies_as_it_was_when_the_ticket_was_opened(
    connection: Connection, history: History
) -> None:
    by_mail = (Condition(field="channel", values=("email", "letter")),)
    policy(history, within("first_response", 1), code="mail", order=1, conditions=by_mail)
    policy(history, within("first_response", 9), within("first_response", 3, priority="high"), code="rest", order=2)
    policy(history, within("first_response", 2), code="mail", at=10, order=1, conditions=by_mail)
    tickets = [
        opened(history, "a", 0, channel="email"),
        opened(history, "b", 11, channel="email", priority="high"),
        opened(history, "c", 11, channel="web", priority="low"),
        opened(history, "d", 11, priority="high"),
        opened(history, "e", -200),
    ]
    total, groups = asked(connection, history, by=("policy",))
    found = [one(connection, ticket) for ticket in tickets]
    assert [row["policy"] and (row["policy"]["code"], row["policy"]["version"]) for row in found] == [
        ("mail", 1),
        ("mail", 2),
        ("rest", 1),
        ("rest", 1),
        None,
    ]
    assert [[target["seconds"] // HOUR for target in row["targets"]] for row in found] == [[1], [2], [9], [3], []]
    assert (number(total, "tickets"), number(total, "without_policy")) == (5, 1)
    assert [(kept.group["policy"], number(kept, "tickets")) for kept in groups] == [(None, 1), ("mail", 2), ("rest", 2)]


def test_a_retired_policy_promises_nothing_for_later_tickets(connection: Connection, history: History) -> None:
    retired = policy(history, within("first_response", 1))
    history.must(retired, retired.retire, occurred_at=hours(1))
    opened(history, "before", 0)
    opened(history, "after", 2)
    total, _ = asked(connection, history)
    assert (number(total, "without_policy"), counts(total)) == (1, (0, 1, 0))


def test_a_next_reply_is_due_each_time_a_customer_waits_for_one(connection: Connection, history: History) -> None:
    policy(history, within("next_reply", 2))
    ticket = opened(history)
    for at, by in (
        (1, "customer"),
        (2, "agent"),
        (3, "customer"),
        (4, "customer"),
        (5, "agent"),
        (6, "agent"),
        (7, "customer"),
    ):
        reply(history, ticket, at, by)
    asked(connection, history)
    [target] = one(connection, ticket, now=8)["targets"]
    assert [(wait["from"], wait["to"], wait["verdict"]) for wait in target["waits"]] == [
        (hours(3), hours(5), "met"),
        (hours(7), None, "undecided"),
    ]
    assert (target["verdict"], target["due"]) == ("undecided", hours(9))
    assert one(connection, ticket, now=10)["targets"][0]["verdict"] == "breached"
    then(history, ticket, 8.5, ticket.solve)
    total, _ = asked(connection, history)
    assert counts(total, "next_reply") == (1, 0, 0)


def test_time_as_pending_does_not_count_as_requester_wait(connection: Connection, history: History) -> None:
    policy(history, within("requester_wait", 3), within("full_resolution", 3))
    ticket = opened(history)
    then(history, ticket, 2, ticket.pend)
    asked(connection, history)
    assert [target["verdict"] for target in one(connection, ticket, now=90)["targets"]] == ["breached", "undecided"]
    reply(history, ticket, 100, "customer")
    then(history, ticket, 101, ticket.solve)
    total, _ = asked(connection, history)
    assert (counts(total, "requester_wait"), counts(total, "full_resolution")) == ((1, 0, 0), (0, 1, 0))


def test_solving_a_ticket_ends_the_wait_for_a_first_response(connection: Connection, history: History) -> None:
    policy(history, within("first_response", 4))
    ticket = opened(history)
    then(history, ticket, 3, ticket.solve)
    assert counts(asked(connection, history)[0]) == (1, 0, 0)


def test_discarded_tickets_are_in_no_group(connection: Connection, history: History) -> None:
    policy(history, within("first_response", 4))
    ticket = opened(history)
    then(history, ticket, 3, lambda context: ticket.discard(context, reason="spam"))
    total, groups = asked(connection, history, by=("day", "channel"))
    assert (number(total, "tickets"), groups, one(connection, ticket)["targets"]) == (0, [], [])


def test_the_worst_of_several_verdicts_counts() -> None:
    assert worst(["met", "breached", "undecided"]) == "breached"
    assert worst(["met", "undecided"]) == "undecided"
    assert worst([]) is None


@settings(max_examples=15, deadline=None)
@given(history=histories())
def test_a_report_in_business_hours_sums_what_single_tickets_show(history: History) -> None:
    calendar(history, at=-1000)
    with in_memory(*READ) as connection:
        for projection in READ:
            fold(connection, history, projection)
        known = calendars(connection)
        ids = connection.execute(select(measured_tickets.c.ticket_id).where(~measured_tickets.c.discarded)).scalars().all()
        rows = [times(connection, id, known) or {} for id in ids]
        question = TimesQuestion(dated_by="opened", clock="business", from_=date(2000, 1, 1), to=date(2100, 1, 1))
        total, _ = times_report(connection, question, NOW + timedelta(days=90))
    for name in MEASURES:
        values = [row["measures"][name]["value"] for row in rows]
        known_values = [value for value in values if value is not None]
        mean = total.measures[f"{name}_mean"]
        assert (mean.denominator, mean.numerator) == (len(known_values), sum(known_values)), name
    ages = [so_far(row, NOW + timedelta(days=90), known.clock(row["team"])) for row in rows]
    assert total.measures["backlog_age_so_far_mean"].numerator == sum(age["age_so_far"] for age in ages if age)
