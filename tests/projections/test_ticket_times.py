"""How long tickets took, with numbers worked out by hand. Times are hours after the opening, on 1 March 2024 at noon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.ticket import Replied, Ticket
from projections import ticket_times
from projections.grouped import QUANTILES, spreads
from projections.ticket_report import Question, Times, TooManyGroups, report
from projections.ticket_times import so_far
from tests.projections.harness import History, fold, in_memory, uuid
from tests.projections.histories import histories

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2024, 4, 1, tzinfo=UTC)
HOUR = Decimal(3600)


@pytest.fixture
def history() -> History:
    history = History()
    history.now = NOW
    return history


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(ticket_times.ticket_times) as connection:
        yield connection


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def opened(history: History, name: str = "one", at: float = 0, **facts: Any) -> Ticket:
    ticket = history.of(Ticket, name)
    asked: dict[str, Any] = {"number": name, "opened_by": "customer"} | facts
    history.must(ticket, lambda context: ticket.open(context, **asked), occurred_at=hours(at))
    return ticket


def then(history: History, ticket: Ticket, at: float, decide: Callable[[Any], object], **more: Any) -> None:
    history.must(ticket, decide, occurred_at=hours(at), **more)


def replied(ticket: Ticket, id: str, **more: Any) -> Callable[[Any], object]:
    told: dict[str, Any] = {"by": "agent"} | more
    return lambda context: ticket.reply(context, Replied(reply_id=id, **told))


def one(connection: Connection, history: History, ticket: Ticket) -> dict[str, Any]:
    fold(connection, history, ticket_times.ticket_times)
    row = ticket_times.times(connection, ticket.id)
    assert row is not None
    return row


def values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: measure["value"] for name, measure in row["measures"].items()}


def asked(connection: Connection, history: History, **question: Any) -> tuple[Times, list[Times]]:
    fold(connection, history, ticket_times.ticket_times)
    period = {"from_": date(2024, 1, 1), "to": date(2025, 1, 1)}
    return report(connection, Question(**period | question), NOW)


def worked_on(history: History) -> Ticket:
    """New for 1 h, open 1 h, pending 4 h, open 2 h, on hold 3 h, open 1 h, solved 12 h, closed."""
    ticket = opened(history)
    then(history, ticket, 1, replied(ticket, "a"))
    then(history, ticket, 2, ticket.pend)
    then(history, ticket, 6, replied(ticket, "b", by="customer"))
    then(history, ticket, 8, ticket.hold)
    then(history, ticket, 11, ticket.resume)
    then(history, ticket, 12, ticket.solve)
    then(history, ticket, 24, ticket.close)
    return ticket


def test_each_measure_is_a_sum_of_intervals(connection: Connection, history: History) -> None:
    row = one(connection, history, worked_on(history))
    spent = [(interval["status"], interval["seconds"]) for interval in row["intervals"]]
    assert spent == [
        ("new", HOUR),
        ("open", HOUR),
        ("pending", 4 * HOUR),
        ("open", 2 * HOUR),
        ("on_hold", 3 * HOUR),
        ("open", HOUR),
        ("solved", 12 * HOUR),
        ("closed", None),
    ]
    assert values(row) == {
        "first_response": HOUR,
        "first_resolution": 12 * HOUR,
        "full_resolution": 12 * HOUR,
        "requester_wait": 8 * HOUR,
        "agent_wait": 4 * HOUR,
        "agent_work": 5 * HOUR,
        "on_hold": 3 * HOUR,
        "seed_processing_time": 12 * HOUR,
        "seed_processing_time_net": 8 * HOUR,
        "last_activity": 24 * HOUR,
        "reopens": 0,
        "replies": 1,
        "reassignments": 0,
    }


def test_a_measure_names_the_events_it_was_made_from(connection: Connection, history: History) -> None:
    row = one(connection, history, worked_on(history))
    positions = [recorded.position for recorded in history.log]
    made_from = {name: measure["positions"] for name, measure in row["measures"].items()}
    assert made_from["first_response"] == [positions[0], positions[1]]
    assert made_from["agent_wait"] == [positions[2], positions[3]]
    assert made_from["on_hold"] == [positions[4], positions[5]]
    assert made_from["seed_processing_time"] == [positions[0], positions[6]]
    assert made_from["last_activity"] == [positions[0], positions[7]]


def test_a_late_fact_changes_all_that_follows_from_it(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 10, ticket.solve)
    then(history, ticket, 4, ticket.pend)
    row = one(connection, history, ticket)
    assert [interval["status"] for interval in row["intervals"]] == ["new", "pending", "solved"]
    assert values(row)["agent_wait"] == 6 * HOUR
    assert row["intervals"][1]["from_position"] > row["intervals"][1]["to_position"]


def test_an_automatic_or_internal_reply_is_no_response(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 1, replied(ticket, "a", automatic=True))
    then(history, ticket, 2, replied(ticket, "b", visibility="internal"))
    then(history, ticket, 3, replied(ticket, "c"))
    assert values(one(connection, history, ticket))["first_response"] == 3 * HOUR


def test_what_an_agent_opened_the_ticket_with_is_no_response(connection: Connection, history: History) -> None:
    ticket = opened(history, opened_by="agent")
    then(history, ticket, 0, replied(ticket, "a"))
    then(history, ticket, 5, replied(ticket, "b"))
    other = opened(history, "other", opened_by="agent")
    then(history, other, 2, replied(other, "a"))
    assert values(one(connection, history, ticket))["first_response"] == 5 * HOUR
    assert values(ticket_times.times(connection, other.id) or {})["first_response"] == 2 * HOUR


def test_first_and_last_solution_differ_where_a_ticket_is_solved_twice(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 2, ticket.solve)
    then(history, ticket, 3, ticket.reopen)
    then(history, ticket, 7, ticket.solve)
    then(history, ticket, 9, ticket.solve)
    row = one(connection, history, ticket)
    told = values(row)
    assert (told["first_resolution"], told["full_resolution"], told["reopens"]) == (2 * HOUR, 9 * HOUR, 1)
    assert (told["agent_work"], row["solutions"]) == (6 * HOUR, 3)


def test_a_ticket_closed_unsolved_ends_when_it_was_closed(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 5, ticket.close, origin="import")
    told = values(one(connection, history, ticket))
    assert (told["first_resolution"], told["seed_processing_time"]) == (5 * HOUR, 5 * HOUR)


def test_an_unsolved_ticket_has_no_durations_but_what_it_came_to_so_far(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 1, replied(ticket, "a"))
    then(history, ticket, 3, ticket.pend)
    row = one(connection, history, ticket)
    told = values(row)
    assert (told["first_response"], told["last_activity"]) == (HOUR, 3 * HOUR)
    assert {told[name] for name in ("full_resolution", "requester_wait", "agent_wait", "seed_processing_time")} == {None}
    assert so_far(row, hours(10)) == {
        "requester_wait_so_far": 3 * HOUR,
        "agent_wait_so_far": 7 * HOUR,
        "agent_work_so_far": 3 * HOUR,
        "on_hold_so_far": Decimal(0),
        "age_so_far": 10 * HOUR,
    }


def test_a_reopened_ticket_is_unsolved_again(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 2, ticket.solve)
    then(history, ticket, 4, replied(ticket, "a", by="customer"))
    row = one(connection, history, ticket)
    told = values(row)
    assert (told["first_resolution"], told["full_resolution"]) == (2 * HOUR, None)
    assert so_far(row, hours(5)) is not None


def test_what_ended_before_it_began_has_no_value_and_is_counted(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, -3, ticket.solve, origin="import")
    fine = opened(history, "fine")
    then(history, fine, 2, fine.solve)
    row = one(connection, history, ticket)
    assert {value for name, value in values(row).items() if name not in ("first_response", "last_activity")} == {None}
    assert (row["events_before_opening"], row["intervals"][0]["seconds"]) == (1, 0)
    total, _ = asked(connection, history)
    assert (total.tickets, total.irregular) == (2, 1)
    mean = total.measures["seed_processing_time"].mean
    assert (mean.value, mean.denominator) == (2 * HOUR, 1)


def solved(history: History, name: str, at: float, took: float, **facts: Any) -> Ticket:
    ticket = opened(history, name, at, **facts)
    then(history, ticket, at + took, ticket.solve)
    return ticket


def test_a_report_has_means_and_quantiles_by_group_and_of_all(connection: Connection, history: History) -> None:
    for number, took in enumerate((1, 2, 3, 10)):
        solved(history, f"a{number}", 0, took, category="cups")
    solved(history, "b", 0, 4, category="tea")
    total, groups = asked(connection, history, by=("category",))
    assert [group.group for group in groups] == [{"category": "cups"}, {"category": "tea"}]
    cups = groups[0].measures["seed_processing_time"]
    assert (cups.count, cups.mean.value, cups.mean.numerator) == (4, 4 * HOUR, 16 * HOUR)
    assert (cups.p50, cups.p90, cups.p95) == (Decimal(9000), Decimal("28440"), Decimal("32220"))
    assert (total.tickets, total.measures["full_resolution"].mean.value) == (5, 4 * HOUR)


def test_unsolved_and_discarded_tickets_are_counted_beside(connection: Connection, history: History) -> None:
    solved(history, "a", 0, 2, category="cups")
    opened(history, "b", 1, category="cups")
    spam = solved(history, "c", 0, 50, category="cups")
    then(history, spam, 60, lambda context: spam.discard(context, reason="spam"))
    total, [cups] = asked(connection, history, by=("category",))
    assert (cups.tickets, cups.unsolved, cups.discarded) == (1, 1, 1)
    assert cups.measures["full_resolution"].mean.value == 2 * HOUR
    assert cups.backlog_age_so_far.mean.value == Decimal((NOW - hours(1)).total_seconds())
    assert total.measures == cups.measures


def test_a_group_without_a_solution_has_no_mean_and_says_why(connection: Connection, history: History) -> None:
    opened(history)
    total, groups = asked(connection, history, by=("agent",))
    mean = total.measures["seed_processing_time"].mean
    assert (mean.value, mean.denominator, mean.reason) == (None, 0, "no ticket has it yet")
    assert [(group.group, group.unsolved, group.tickets) for group in groups] == [({"agent": None}, 1, 0)]


def test_a_report_over_no_tickets_is_empty(connection: Connection, history: History) -> None:
    total, groups = asked(connection, history, by=("category", "day"))
    assert (total.tickets, groups) == (0, [])


def test_days_are_those_of_what_the_report_is_dated_by(connection: Connection, history: History) -> None:
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


def test_groups_go_by_who_has_the_ticket_and_what_it_is_now(connection: Connection, history: History) -> None:
    ticket = opened(history, priority="low", channel="email")
    then(history, ticket, 1, lambda context: ticket.assign(context, "ann", "tea"))
    then(history, ticket, 2, lambda context: ticket.assign(context, "bob", "cups"))
    then(history, ticket, 3, lambda context: ticket.change_priority(context, "high"))
    then(history, ticket, 4, ticket.solve)
    total, [group] = asked(connection, history, by=("agent", "team", "priority", "channel"))
    assert group.group == {"agent": "bob", "team": "cups", "priority": "high", "channel": "email"}
    assert total.measures["reassignments"].mean.value == 1
    assert asked(connection, history, agent="ann")[0].tickets == 0


def test_more_groups_than_anyone_reads_are_refused(
    connection: Connection, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.ticket_report.GROUP_LIMIT", 1)
    solved(history, "a", 0, 1, category="cups")
    solved(history, "b", 0, 1, category="tea")
    with pytest.raises(TooManyGroups):
        asked(connection, history, by=("category",))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**16), st.integers(0, 3)), max_size=30))
def test_sums_and_quantiles_are_exact(told: list[tuple[int, int]]) -> None:
    values = np.array([value for value, _ in told], dtype=np.int64)
    groups = np.array([group for _, group in told], dtype=np.int64)
    for group, spread in enumerate(spreads(values, groups, 4)):
        mine = sorted(value for value, of in told if of == group)
        assert (spread.values, spread.sum) == (len(mine), sum(mine))
        for name, (part, of) in QUANTILES.items():
            assert spread.quantiles[name] == ((_exact(mine, part, of), of) if mine else None)


def _exact(ordered: list[int], part: int, of: int) -> int:
    """`of` times the quantile."""
    place, rest = divmod((len(ordered) - 1) * part, of)
    return ordered[place] * of + ((ordered[place + 1] - ordered[place]) * rest if rest else 0)


@settings(max_examples=30, deadline=None)
@given(history=histories())
def test_a_tickets_status_is_the_one_its_decisions_see(history: History) -> None:
    with in_memory(ticket_times.ticket_times) as connection:
        fold(connection, history, ticket_times.ticket_times)
        for number in range(4):
            ticket = history.of(Ticket, f"ticket {number}")
            row = ticket_times.times(connection, uuid(f"ticket {number}"))
            assert (row is None) == (not ticket.exists)
            if row is not None:
                standing = ticket.standing()
                assert (row["status"], row["discarded"]) == (standing.status, standing.by == "discarded")
