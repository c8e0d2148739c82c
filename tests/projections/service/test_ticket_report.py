"""The report on how long tickets took, with numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
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


def assign(ticket: Ticket, agent: str, context: Any) -> None:
    ticket.assign(context, agent, None)


def number(times: Times, name: str) -> int:
    return int(times.measures[name].value or 0)


def solved(history: History, name: str, at: float, took: float, **facts: Any) -> Ticket:
    ticket = opened(history, name, at, **facts)
    then(history, ticket, at + took, ticket.solve)
    return ticket


def test_a_report_has_means_and_quantiles_by_group_and_in_total(connection: Connection, history: History) -> None:
    for place, took in enumerate((1, 2, 3, 10)):
        solved(history, f"a{place}", 0, took, category="cups")
    solved(history, "b", 0, 4, category="tea")
    total, groups = asked(connection, history, by=("category",))
    assert [group.group for group in groups] == [{"category": "cups"}, {"category": "tea"}]
    cups = {one: groups[0].measures[f"seed_processing_time_{one}"] for one in ("mean", "p50", "p90", "p95", "max")}
    assert (cups["mean"].n, cups["mean"].value, cups["mean"].numerator) == (4, 4 * HOUR, 16 * HOUR)
    assert [cups[name].value for name in ("p50", "p90", "p95")] == [Decimal(9000), Decimal("28440"), Decimal("32220")]
    assert cups["max"].value == 10 * HOUR
    assert (number(total, "tickets"), number(total, "full_resolution_mean")) == (5, int(4 * HOUR))


def test_a_quantile_is_between_two_of_the_values_that_are_its_bounds(connection: Connection, history: History) -> None:
    for took in range(1, 31):
        solved(history, f"{took}", 0, took)
    median, p95 = (asked(connection, history)[0].measures[f"full_resolution_{name}"] for name in ("p50", "p95"))
    assert median.value == Decimal("15.5") * HOUR
    assert median.interval
    # The tenth and the twenty-first of thirty: the probability that the median is outside is 2 × 0.0214.
    assert (median.interval.low, median.interval.high) == (10 * HOUR, 21 * HOUR)
    assert p95.interval
    assert (p95.interval.low, p95.interval.high) == (26 * HOUR, None)


def test_what_unfinished_tickets_went_through_is_in_the_figures_so_far(connection: Connection, history: History) -> None:
    ticket = solved(history, "a", 0, 1)
    then(history, ticket, 2, ticket.reopen)
    for hour, agent in ((3, "ann"), (4, "bob"), (5, "cyd")):
        then(history, ticket, hour, partial(assign, ticket, agent))
    total, _ = asked(connection, history)
    assert (number(total, "tickets"), number(total, "reopens_so_far_mean"), number(total, "reassignments_so_far_max")) == (
        0,
        1,
        2,
    )
    assert total.measures["reopens_mean"].reason == "no ticket has a value yet"


def test_unsolved_and_discarded_tickets_are_counted_separately(connection: Connection, history: History) -> None:
    solved(history, "a", 0, 2, category="cups")
    opened(history, "b", 1, category="cups")
    spam = solved(history, "c", 0, 50, category="cups")
    then(history, spam, 60, lambda context: spam.discard(context, reason="spam"))
    total, [cups] = asked(connection, history, by=("category",))
    assert [number(cups, name) for name in ("tickets", "unsolved", "discarded")] == [1, 1, 1]
    assert number(cups, "full_resolution_mean") == 2 * HOUR
    assert number(cups, "backlog_age_so_far_mean") == (NOW - hours(1)).total_seconds()
    assert total.measures == cups.measures


def test_a_group_without_a_solution_has_no_mean_but_a_reason(connection: Connection, history: History) -> None:
    opened(history)
    total, groups = asked(connection, history, by=("agent",))
    mean = total.measures["seed_processing_time_mean"]
    assert (mean.value, mean.denominator, mean.reason) == (None, 0, "no ticket has a value yet")
    assert [(group.group, number(group, "unsolved"), number(group, "tickets")) for group in groups] == [({"agent": None}, 1, 0)]


def test_a_report_over_no_tickets_is_empty(connection: Connection, history: History) -> None:
    total, groups = asked(connection, history, by=("category", "day"))
    assert (number(total, "tickets"), groups) == (0, [])


def test_days_are_those_of_the_date_that_the_report_uses(connection: Connection, history: History) -> None:
    solved(history, "a", 0, 24)
    late = solved(history, "b", 11.5, 24)
    then(history, late, 60, late.close)
    opened(history, "c", 12)

    def by_day(**question: Any) -> dict[Any, int]:
        return {
            times.group["day"]: number(times, "tickets") for times in asked(connection, history, by=("day",), **question)[1]
        }

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
    assert number(total, "reassignments_mean") == 1
    assert number(asked(connection, history, agent="ann")[0], "tickets") == 0


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
    assert (number(total, "tickets"), number(total, "irregular")) == (2, 1)
    mean = total.measures["seed_processing_time_mean"]
    assert (mean.value, mean.denominator) == (2 * HOUR, 1)
