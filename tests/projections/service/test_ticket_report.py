"""The report on how long tickets took, with numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from domain.service.ticket.ticket import Ticket
from projections.service import ticket_times
from projections.service.ticket_report import Question, Times, report
from projections.shared.reports import TooManyGroups
from tests.projections.harness import History, fold, in_memory
from tests.projections.service.given_tickets import HOUR, NOW, hours, opened, then


@pytest.fixture
def history() -> History:
    history = History()
    history.now = NOW
    return history


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(ticket_times.ticket_times) as connection:
        yield connection


def asked(connection: Connection, history: History, **question: Any) -> tuple[Times, list[Times]]:
    fold(connection, history, ticket_times.ticket_times)
    period = {"from_": date(2024, 1, 1), "to": date(2025, 1, 1)}
    return report(connection, Question(**period | question), NOW)


def solved(history: History, name: str, at: float, took: float, **facts: Any) -> Ticket:
    ticket = opened(history, name, at, **facts)
    then(history, ticket, at + took, ticket.solve)
    return ticket


def test_a_report_has_means_and_quantiles_by_group_and_in_total(connection: Connection, history: History) -> None:
    for number, took in enumerate((1, 2, 3, 10)):
        solved(history, f"a{number}", 0, took, category="cups")
    solved(history, "b", 0, 4, category="tea")
    total, groups = asked(connection, history, by=("category",))
    assert [group.group for group in groups] == [{"category": "cups"}, {"category": "tea"}]
    cups = groups[0].measures["seed_processing_time"]
    assert (cups.count, cups.mean.value, cups.mean.numerator) == (4, 4 * HOUR, 16 * HOUR)
    assert (cups.p50, cups.p90, cups.p95) == (Decimal(9000), Decimal("28440"), Decimal("32220"))
    assert (total.tickets, total.measures["full_resolution"].mean.value) == (5, 4 * HOUR)


def test_unsolved_and_discarded_tickets_are_counted_separately(connection: Connection, history: History) -> None:
    solved(history, "a", 0, 2, category="cups")
    opened(history, "b", 1, category="cups")
    spam = solved(history, "c", 0, 50, category="cups")
    then(history, spam, 60, lambda context: spam.discard(context, reason="spam"))
    total, [cups] = asked(connection, history, by=("category",))
    assert (cups.tickets, cups.unsolved, cups.discarded) == (1, 1, 1)
    assert cups.measures["full_resolution"].mean.value == 2 * HOUR
    assert cups.backlog_age_so_far.mean.value == Decimal((NOW - hours(1)).total_seconds())
    assert total.measures == cups.measures


def test_a_group_without_a_solution_has_no_mean_but_a_reason(connection: Connection, history: History) -> None:
    opened(history)
    total, groups = asked(connection, history, by=("agent",))
    mean = total.measures["seed_processing_time"].mean
    assert (mean.value, mean.denominator, mean.reason) == (None, 0, "no ticket has a value yet")
    assert [(group.group, group.unsolved, group.tickets) for group in groups] == [({"agent": None}, 1, 0)]


def test_a_report_over_no_tickets_is_empty(connection: Connection, history: History) -> None:
    total, groups = asked(connection, history, by=("category", "day"))
    assert (total.tickets, groups) == (0, [])


def test_days_are_those_of_the_date_that_the_report_uses(connection: Connection, history: History) -> None:
    solved(history, "a", 0, 24)
    late = solved(history, "b", 11.5, 24)
    then(history, late, 60, late.close)
    opened(history, "c", 12)

    def by_day(**question: Any) -> dict[Any, int]:
        return {times.group["day"]: times.tickets for times in asked(connection, history, by=("day",), **question)[1]}

    first, second, third = (date(2024, 3, day) for day in (1, 2, 3))
    assert by_day(dated_by="opened") == {first: 2, second: 1}
    assert by_day(dated_by="solved") == {None: 0, second: 2}
    assert by_day(dated_by="solved", zone=ZoneInfo("Asia/Shanghai")) == {None: 0, second: 1, third: 1}
    assert by_day(dated_by="closed", from_=date(2024, 3, 4)) == {None: 0, date(2024, 3, 4): 1}
    assert by_day(dated_by="opened", to=second) == {first: 2}


def test_a_ticket_known_by_its_day_keeps_it_in_every_zone(connection: Connection, history: History) -> None:
    ticket = history.of(Ticket, "one")
    history.must(
        ticket,
        lambda context: ticket.open(context, number="1", opened_by="customer"),
        occurred_at=datetime(2024, 2, 29, 16, tzinfo=UTC),
        occurred_precision="day",
        occurred_zone="Asia/Shanghai",
    )
    _, groups = asked(connection, history, by=("day",), dated_by="opened", zone=ZoneInfo("America/New_York"))
    assert [group.group["day"] for group in groups] == [date(2024, 3, 1)]


def test_tickets_are_grouped_by_their_current_assignment_and_fields(connection: Connection, history: History) -> None:
    ticket = opened(history, priority="low", channel="email")
    then(history, ticket, 1, lambda context: ticket.assign(context, "ann", "tea"))
    then(history, ticket, 2, lambda context: ticket.assign(context, "bob", "cups"))
    then(history, ticket, 3, lambda context: ticket.change_priority(context, "high"))
    then(history, ticket, 4, ticket.solve)
    total, [group] = asked(connection, history, by=("agent", "team", "priority", "channel"))
    assert group.group == {"agent": "bob", "team": "cups", "priority": "high", "channel": "email"}
    assert total.measures["reassignments"].mean.value == 1
    assert asked(connection, history, agent="ann")[0].tickets == 0


def test_too_many_groups_are_refused(connection: Connection, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.shared.reports.GROUP_LIMIT", 1)
    solved(history, "a", 0, 1, category="cups")
    solved(history, "b", 0, 1, category="tea")
    with pytest.raises(TooManyGroups):
        asked(connection, history, by=("category",))


def test_a_measure_that_ends_before_it_begins_is_in_no_mean_but_is_counted(connection: Connection, history: History) -> None:
    solved(history, "fine", 0, 2)
    ticket = opened(history, "odd")
    then(history, ticket, -3, ticket.solve, origin="import")
    total, _ = asked(connection, history)
    assert (total.tickets, total.irregular) == (2, 1)
    mean = total.measures["seed_processing_time"].mean
    assert (mean.value, mean.denominator) == (2 * HOUR, 1)
