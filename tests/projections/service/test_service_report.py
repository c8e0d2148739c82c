"""The report on how well customers are served; times are hours after Friday, 1 March 2024, at noon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection

from domain.customers.feedback.feedback import Feedback
from domain.service.sla_policy import PolicyTarget, SlaPolicy, Terms
from projections.customers.feedback import feedback
from projections.customers.feedback_report import Group
from projections.service import service_level_report, service_report, ticket_backlog, ticket_report
from projections.service.service_calendars import service_calendars
from projections.service.service_report import Question, Service
from projections.service.sla_policies import sla_policies
from projections.service.ticket_times import ticket_times
from projections.shared.figures import Figure
from tests.projections.harness import History, fold, in_memory
from tests.projections.histories import histories
from tests.projections.service.given_tickets import HOUR, NOW, hours, opened, then

READ = (feedback, ticket_times, service_calendars, sla_policies)
ALL_TIME: dict[str, Any] = {"from_": date(1900, 1, 1), "to": date(9999, 1, 1), "zone": UTC}
DAY_1, DAY_2, DAY_3 = (date(2024, 3, day) for day in (1, 2, 3))


@pytest.fixture
def history() -> History:
    """Given a promise to solve within ten hours; two solved tickets by mail, one of them late; an unsolved ticket by phone; and
    two CSAT scores, by mail."""
    history = History()
    history.now = NOW
    policy = history.of(SlaPolicy, "policy")
    terms = Terms(order=1, targets=(PolicyTarget(metric="full_resolution", seconds=int(10 * HOUR), hours="calendar"),))
    history.must(policy, lambda context: policy.define(context, "all", terms), occurred_at=hours(-100))
    for name, channel, solved in (("a", "email", 4), ("b", "email", 24), ("c", "phone", None)):
        ticket = opened(history, name, 0, channel=channel)
        if solved is not None:
            then(history, ticket, solved, ticket.solve)
    for score in (5, 2):
        answer = history.of(Feedback, f"said {score}")
        history.must(answer, partial(answer.submit, kind="csat", score=score, channel="email"), occurred_at=hours(1))
    return history


@pytest.fixture
def connection(history: History) -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        fold(connection, history, *READ)
        yield connection


def report(connection: Connection, *by: Group, now: float = 60, **asked: Any) -> tuple[Any, dict[Any, Any]]:
    """The figures of the total, and those of each group."""
    total, groups = service_report.report(connection, Question(**ALL_TIME | {"by": by} | asked), hours(now))
    return total.measures, {tuple(group.group.values()): group.measures for group in groups}


def flow(figures: Any) -> tuple[int | None, ...]:
    """Tickets opened, finished and waiting."""
    return tuple(number(figures, f"backlog_{name}") for name in ("opened", "finished", "backlog"))


def number(figures: Any, name: str) -> int | None:
    """The value of a figure; None if the part has none."""
    return int(figures[name].value) if name in figures else None


def attained(figures: Any) -> tuple[int | None, ...]:
    return tuple(number(figures, f"service_levels_full_resolution_{verdict}") for verdict in ("met", "breached", "undecided"))


def test_the_total_has_feedback_times_service_levels_and_the_backlog(connection: Connection) -> None:
    total, groups = report(connection)
    assert groups == {}
    csat = total["feedback_csat"]
    assert (csat.numerator, csat.denominator) == (1, 2)
    took = total["tickets_full_resolution_mean"]
    assert (number(total, "tickets_tickets"), took.value, took.denominator) == (2, 14 * HOUR, 2)
    assert attained(total) == (1, 2, 0)
    assert total["service_levels_full_resolution_attainment"].value == Decimal("0.333333333333")
    assert (flow(total), total["backlog_mean_age"].value) == ((3, 2, 1), 60 * HOUR)


def test_a_promise_that_is_not_due_yet_is_undecided(connection: Connection) -> None:
    assert attained(report(connection, now=9)[0]) == (1, 1, 1)


def test_every_part_has_the_same_groups(connection: Connection) -> None:
    _, groups = report(connection, "channel")
    mail, phone = groups["email",], groups["phone",]
    assert (number(mail, "feedback_submitted"), number(mail, "tickets_tickets"), flow(mail)) == (2, 2, (2, 2, 0))
    assert (number(phone, "feedback_submitted"), number(phone, "tickets_unsolved"), flow(phone)) == (None, 1, (1, 0, 1))


def test_a_day_has_its_feedback_its_solved_and_opened_tickets_and_its_backlog(connection: Connection) -> None:
    _, groups = report(connection, "day")
    days = groups[DAY_1,], groups[DAY_2,], groups[DAY_3,]
    assert [number(day, "feedback_submitted") for day in days] == [2, None, None]
    assert [number(day, "tickets_tickets") for day in days] == [1, 1, None]
    assert [number(day, "service_levels_tickets") for day in days] == [3, None, None]
    assert [flow(day) for day in days] == [(3, 1, 2), (0, 1, 1), (0, 0, 1)]
    assert number(groups[None,], "tickets_unsolved") == 1
    _, groups = report(connection, "channel", "day")
    assert (flow(groups["email", DAY_2]), flow(groups["phone", DAY_3])) == ((0, 1, 0), (0, 0, 1))
    assert ("email", DAY_3) not in groups


def test_a_group_by_kind_of_feedback_has_no_tickets(connection: Connection) -> None:
    total, groups = report(connection, "kind")
    assert number(total, "tickets_tickets") == 2
    [(key, csat)] = groups.items()
    assert key == ("csat",)
    assert {name.partition("_")[0] for name in csat} == {"feedback"}


@settings(max_examples=8, deadline=None)
@given(history=histories())
def test_each_part_equals_its_own_report(history: History) -> None:
    asked = ALL_TIME | {"by": ("channel", "month")}
    with in_memory(*READ) as connection:
        fold(connection, history, *READ)
        total, groups = service_report.report(connection, Question(**asked), NOW)
        times, by_times = ticket_report.report(connection, ticket_report.Question(**asked), NOW)
        levels, by_levels = service_level_report.report(connection, service_level_report.Question(**asked), NOW)
        months = ticket_backlog.report(connection, ticket_backlog.Question(**ALL_TIME | {"by": "month"}), NOW)
    assert part(total, "tickets") == times.measures
    assert part(total, "service_levels") == levels.measures
    assert [found for group in groups if (found := part(group, "tickets"))] == [one.measures for one in by_times]
    assert [found for group in groups if (found := part(group, "service_levels"))] == [one.measures for one in by_levels]
    for month in months:
        waits = [part(group, "backlog") for group in groups if group.group["month"] == month.group["month"]]
        for name in ("opened", "reopened", "finished", "backlog"):
            assert sum(one[name].value or 0 for one in waits if one) == month.measures[name].value


def part(group: Service, name: str) -> dict[str, Figure]:
    beginning = f"{name}_"
    return {one.removeprefix(beginning): figure for one, figure in group.measures.items() if one.startswith(beginning)}
