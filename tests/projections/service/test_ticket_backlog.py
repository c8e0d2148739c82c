"""Tickets opened, finished and waiting in each period; times are hours after 1 March 2024 at noon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection, select

from projections.service.ticket_backlog import MEANINGS, Flow, Question, report
from projections.service.ticket_course import FINISHED
from projections.service.ticket_times import measured_tickets, ticket_times, times
from tests.projections.harness import History, fold, in_memory
from tests.projections.histories import histories
from tests.projections.service.given_tickets import HOUR, NOW, hours, opened, then

ALL_TIME: dict[str, Any] = {"from_": date(1900, 1, 1), "to": date(9999, 1, 1)}


@pytest.fixture
def history() -> History:
    history = History()
    history.now = NOW
    return history


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(ticket_times) as connection:
        yield connection


def counts(flow: Flow) -> tuple[int, int, int, int]:
    opened, reopened, finished, backlog = (int(flow.measures[name].value or 0) for name in MEANINGS)
    return opened, reopened, finished, backlog


def period(flow: Flow) -> date:
    [day] = flow.group.values()
    assert isinstance(day, date)
    return day


def test_the_backlog_is_tickets_opened_and_reopened_less_those_finished(connection: Connection, history: History) -> None:
    opened(history, "b", 1, category="tea")
    ticket = opened(history, "a", 0)
    then(history, ticket, 13, ticket.solve)
    then(history, ticket, 14, ticket.close)
    then(history, ticket, 40, ticket.reopen, origin="import")
    spam = opened(history, "c", 2)
    then(history, spam, 3, lambda context: spam.discard(context, reason="spam"))
    fold(connection, history, ticket_times)
    days = report(connection, Question(**ALL_TIME), hours(41))
    assert [(period(flow).day, *counts(flow)) for flow in days] == [(1, 2, 0, 0, 2), (2, 0, 0, 1, 1), (3, 0, 1, 0, 2)]
    assert [flow.measures["mean_age"].numerator for flow in days] == [23 * HOUR, 35 * HOUR, 81 * HOUR]
    [month] = report(connection, Question(**ALL_TIME, by="month", category="tea"), NOW - timedelta(days=1))
    assert (period(month), *counts(month)) == (date(2024, 3, 1), 1, 0, 0, 1)
    assert [period(flow).day for flow in report(connection, Question(**ALL_TIME | {"from_": date(2024, 3, 2)}), hours(14))] == [
        2
    ]


def test_without_tickets_there_are_no_periods(connection: Connection, history: History) -> None:
    assert report(connection, Question(**ALL_TIME), NOW) == []


@settings(max_examples=15, deadline=None)
@given(history=histories())
def test_the_backlog_of_a_day_counts_the_tickets_that_wait_at_its_end(history: History) -> None:
    with in_memory(ticket_times) as connection:
        fold(connection, history, ticket_times)
        days = report(connection, Question(**ALL_TIME), NOW)
        ids = connection.execute(select(measured_tickets.c.ticket_id).where(~measured_tickets.c.discarded)).scalars().all()
        rows = [times(connection, id) or {} for id in ids]
    waits = [one for row in rows for one in row["intervals"] if one["status"] not in FINISHED]
    for flow in days:
        end = min(datetime.combine(period(flow), datetime.min.time(), UTC) + timedelta(days=1), NOW)
        assert counts(flow)[-1] == sum(wait["from"] < end and (wait["to"] is None or wait["to"] >= end) for wait in waits)
