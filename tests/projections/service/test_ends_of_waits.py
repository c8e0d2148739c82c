"""The first fact that ends a wait ends it for good, and a wait of exactly its target is in time, in every report.

Times are hours after Friday, 1 March 2024, at noon. The office is open from Monday to Friday, from 9:00 to 17:00.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.service.opening_hours import OpenHours, Schedule
from domain.service.service_calendar import ServiceCalendar
from domain.service.sla_policy import Metric, PolicyTarget, SlaPolicy, Terms
from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import Hours
from projections.service import service_level_report
from projections.service.service_calendars import calendars, service_calendars
from projections.service.sla_policies import sla_policies
from projections.service.ticket_due import overdue, ticket_due
from projections.service.ticket_service_level import service_level
from projections.service.ticket_times import ticket_times, times
from tests.projections.harness import History, clear, fold, in_memory, uuid
from tests.projections.service.given_tickets import HOUR, NOW, hours, opened, then

READ = (ticket_times, service_calendars, sla_policies, ticket_due)
OFFICE = Schedule(zone="UTC", hours=tuple(OpenHours(weekday=day, opens="09:00", closes="17:00") for day in range(1, 6)))
CLOSING, OPENING = 5, 69
"""Friday at 17:00, and Monday at 9:00."""
MOMENT = 1 / 3_600

Act = Callable[[Ticket, Any], object]


@pytest.fixture
def history() -> History:
    return new_history()


def new_history() -> History:
    history = History()
    history.now = NOW
    office = history.of(ServiceCalendar, "office")
    history.must(office, lambda context: office.define(context, "default", OFFICE), occurred_at=hours(-100))
    return history


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


def promise(history: History, metric: Metric, count: float, in_hours: Hours = "calendar") -> None:
    policy = history.of(SlaPolicy, "policy")
    terms = Terms(order=1, targets=(PolicyTarget(metric=metric, seconds=round(count * 3_600), hours=in_hours),))
    history.must(policy, lambda context: policy.define(context, "all", terms), occurred_at=hours(-100))


def read(connection: Connection, history: History) -> None:
    for projection in READ:
        clear(connection, projection)
        fold(connection, history, projection)


def verdict(connection: Connection, ticket: Ticket, now: datetime) -> str | None:
    """The ticket's verdict. The report must count the same one, and the policy finds it only if it is breached."""
    row = service_level(connection, ticket.id, now)
    assert row is not None
    [target] = row["targets"]
    question = service_level_report.Question(from_=date(2024, 1, 1), to=date(2025, 1, 1))
    total, _ = service_level_report.report(connection, question, now)
    names = {f"{target['metric']}_{name}": name for name in ("met", "breached", "undecided")}
    counted = [
        names[name] for name in names.keys() & total.measures.keys() for _ in range(int(total.measures[name].value or 0))
    ]
    assert counted == ([] if target["verdict"] is None else [target["verdict"]])
    escalated, _ = overdue(connection, now, 10)
    running = [wait for wait in target["waits"] if not wait["over"]]
    assert bool(escalated) == any(wait["verdict"] == "breached" for wait in running)
    found: str | None = target["verdict"]
    return found


def judged(connection: Connection, history: History, ticket: Ticket, now: float = 1_000) -> str | None:
    read(connection, history)
    return verdict(connection, ticket, hours(now))


def value(connection: Connection, history: History, ticket: Ticket, measure: str) -> Decimal | None:
    read(connection, history)
    row = times(connection, ticket.id)
    assert row is not None
    found: Decimal | None = row["measures"][measure]["value"]
    return found


def reply(by: Any, id: str = "r") -> Act:
    return lambda ticket, context: ticket.reply(context, Replied(reply_id=id, by=by))


ACTS: dict[str, Act] = {
    "an agent's reply": reply("agent", "a"),
    "another reply of an agent": reply("agent", "b"),
    "a customer's reply": reply("customer", "c"),
    "pending": lambda ticket, context: ticket.pend(context),
    "holding": lambda ticket, context: ticket.hold(context),
    "resuming": lambda ticket, context: ticket.resume(context),
    "solving": lambda ticket, context: ticket.solve(context),
    "solving again": lambda ticket, context: ticket.solve(context, code="again"),
    "reopening": lambda ticket, context: ticket.reopen(context),
    "closing": lambda ticket, context: ticket.close(context),
    "merging": lambda ticket, context: ticket.merge_into(context, uuid("another ticket")),
    "discarding": lambda ticket, context: ticket.discard(context, reason="duplicate"),
    "assigning": lambda ticket, context: ticket.assign(context, "ada", "service"),
}


def act(history: History, ticket: Ticket, at: float, name: str, **more: Any) -> None:
    then(history, ticket, at, lambda context: ACTS[name](ticket, context), **more)


# A wait for a first response


@pytest.mark.parametrize("later", ["closing", "merging", "reopening", "a customer's reply", "an agent's reply", "discarding"])
def test_a_response_that_is_no_longer_waited_for_is_never_late(connection: Connection, history: History, later: str) -> None:
    promise(history, "first_response", 1)
    ticket = opened(history)
    act(history, ticket, 1 / 12, "solving")
    assert judged(connection, history, ticket) == "met"
    act(history, ticket, 3, later)
    if later != "discarding":
        assert judged(connection, history, ticket) == "met"
    read(connection, history)
    assert overdue(connection, hours(1_000), 10)[0] == []


def test_a_ticket_discarded_by_mistake_is_not_late_when_it_is_reopened(connection: Connection, history: History) -> None:
    promise(history, "first_response", 1)
    ticket = opened(history)
    act(history, ticket, 0.5, "discarding")
    act(history, ticket, 9, "reopening")
    assert judged(connection, history, ticket) == "met"


def test_a_ticket_solved_too_late_without_a_response_stays_breached(connection: Connection, history: History) -> None:
    promise(history, "first_response", 1)
    ticket = opened(history)
    act(history, ticket, 2, "solving")
    act(history, ticket, 3, "reopening")
    assert judged(connection, history, ticket) == "breached"


def test_a_response_recorded_late_counts_from_when_it_happened(connection: Connection, history: History) -> None:
    promise(history, "first_response", 1)
    ticket = opened(history)
    act(history, ticket, 3, "solving")
    assert judged(connection, history, ticket) == "breached"
    act(history, ticket, 0.5, "an agent's reply")
    assert judged(connection, history, ticket) == "met"


def test_a_customer_who_answers_an_unanswered_solution_waits_for_a_next_reply(connection: Connection, history: History) -> None:
    promise(history, "next_reply", 2)
    ticket = opened(history)
    act(history, ticket, 1, "solving")
    act(history, ticket, 5, "a customer's reply")
    assert judged(connection, history, ticket, now=7) == "undecided"
    assert judged(connection, history, ticket, now=7.5) == "breached"
    act(history, ticket, 6, "an agent's reply")
    assert judged(connection, history, ticket) == "met"


moves = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(sorted(ACTS)), st.booleans()), max_size=10)


@settings(max_examples=60, deadline=None)
@given(moves=moves, target=st.integers(1, 40), in_hours=st.sampled_from(["calendar", "business"]))
def test_a_first_response_that_was_in_time_or_moot_is_never_late_afterwards(
    moves: list[tuple[int, str, bool]], target: int, in_hours: Any
) -> None:
    """Whatever happens later: a target that was once met, or whose ticket was once out of all reports, is not breached."""
    history, at = new_history(), 0.0
    promise(history, "first_response", target / 4, in_hours)
    ticket, safe = opened(history), False
    with in_memory(*READ) as connection:
        for pause, name, imported in moves:
            at += pause / 4
            ticket = history.by_id(Ticket, ticket.id)
            decide = ACTS[name]
            history.do(
                ticket,
                lambda context, decide=decide, ticket=ticket: decide(ticket, context),  # type: ignore[misc]
                occurred_at=hours(at),
                origin="import" if imported else "live",
            )
            read(connection, history)
            row = service_level(connection, ticket.id, hours(at))
            assert row is not None
            found = row["targets"][0]["verdict"] if row["targets"] else None
            assert not (safe and found == "breached")
            safe = safe or found == "met" or (found is None and at <= target / 4)


# Other ends


def test_closing_an_ended_ticket_again_does_not_move_its_end(connection: Connection, history: History) -> None:
    ticket = opened(history)
    act(history, ticket, 5, "closing", origin="import")
    act(history, ticket, 9, "closing", origin="import")
    act(history, ticket, 11, "merging", origin="import")
    assert value(connection, history, ticket, "full_resolution") == 5 * HOUR
    assert value(connection, history, ticket, "first_resolution") == 5 * HOUR


def test_a_solution_after_a_reopening_does_not_move_the_first_end(connection: Connection, history: History) -> None:
    promise(history, "first_resolution", 6)
    ticket = opened(history)
    act(history, ticket, 5, "closing", origin="import")
    act(history, ticket, 8, "reopening", origin="import")
    act(history, ticket, 30, "solving")
    assert value(connection, history, ticket, "first_resolution") == 5 * HOUR
    assert value(connection, history, ticket, "full_resolution") == 30 * HOUR
    assert judged(connection, history, ticket) == "met"


# Exactly on time


@pytest.mark.parametrize("at", [CLOSING, CLOSING + 8, OPENING])
def test_a_target_due_at_closing_time_is_met_until_the_next_opening(
    connection: Connection, history: History, at: float
) -> None:
    promise(history, "first_response", 5, "business")
    ticket = opened(history)
    for now in (CLOSING, CLOSING + 8, OPENING):
        assert judged(connection, history, ticket, now) == "undecided"
    assert judged(connection, history, ticket, OPENING + MOMENT) == "breached"
    act(history, ticket, at, "an agent's reply")
    assert judged(connection, history, ticket) == "met"
    row = times(connection, ticket.id, calendars(connection))
    assert row is not None
    assert row["measures"]["first_response"]["value"] == 5 * HOUR
    [target] = (service_level(connection, ticket.id, hours(1_000)) or {})["targets"]
    assert target["due"] == hours(CLOSING)


def test_the_policy_finds_a_target_due_at_closing_time_only_after_the_next_opening(
    connection: Connection, history: History
) -> None:
    promise(history, "first_response", 5, "business")
    opened(history)
    read(connection, history)
    assert overdue(connection, hours(OPENING), 10)[0] == []
    [found] = overdue(connection, hours(OPENING + MOMENT), 10)[0]
    assert found.due == hours(OPENING)


@pytest.mark.parametrize(("resumed", "expected"), [(20, "met"), (20 + MOMENT, "breached")])
def test_time_used_up_before_a_pause_is_met_until_time_counts_again(
    connection: Connection, history: History, resumed: float, expected: str
) -> None:
    promise(history, "agent_work", 2)
    ticket = opened(history)
    act(history, ticket, 2, "pending")
    assert judged(connection, history, ticket) == "undecided"
    act(history, ticket, 20, "resuming")
    act(history, ticket, resumed, "solving")
    assert judged(connection, history, ticket) == expected


quarters = st.integers(0, 400)


@settings(max_examples=60, deadline=None)
@given(target=st.integers(1, 60), at=quarters, now=quarters, in_hours=st.sampled_from(["calendar", "business"]))
def test_a_wait_is_late_exactly_if_more_time_than_the_target_passed(target: int, at: int, now: int, in_hours: Any) -> None:
    """In quarters of an hour: the single ticket, the report, the policy and ticket times agree."""
    history = new_history()
    promise(history, "first_response", target / 4, in_hours)
    ticket = opened(history)
    with in_memory(*READ) as connection:
        read(connection, history)
        late = passed(in_hours, now) > target
        assert (verdict(connection, ticket, hours(now / 4)) == "breached") is late
        act(history, ticket, at / 4, "an agent's reply")
        read(connection, history)
        late = passed(in_hours, at) > target
        assert verdict(connection, ticket, hours(now / 4)) == ("breached" if late else "met")
        row = times(connection, ticket.id, calendars(connection) if in_hours == "business" else None)
        assert row is not None
        assert (row["measures"]["first_response"]["value"] > target * 900) is late


def passed(in_hours: Hours, until: int) -> int:
    """The quarters of an hour from the opening that count, counted one by one."""
    moments = (hours(n / 4) for n in range(until))
    return sum(in_hours == "calendar" or (at.weekday() < 5 and 9 <= at.hour < 17) for at in moments)
