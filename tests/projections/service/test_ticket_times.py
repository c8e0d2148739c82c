"""How long single tickets took, with numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection

from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from projections.service import ticket_times
from projections.service.ticket_times import so_far
from tests.projections.harness import History, fold, in_memory, uuid
from tests.projections.histories import histories
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


def replied(ticket: Ticket, id: str, **more: Any) -> Callable[[Any], object]:
    facts: dict[str, Any] = {"by": "agent"} | more
    return lambda context: ticket.reply(context, Replied(reply_id=id, **facts))


def one(connection: Connection, history: History, ticket: Ticket) -> dict[str, Any]:
    fold(connection, history, ticket_times.ticket_times)
    row = ticket_times.times(connection, ticket.id)
    assert row is not None
    return row


def values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: measure["value"] for name, measure in row["measures"].items()}


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


def test_a_measure_names_the_events_it_is_computed_from(connection: Connection, history: History) -> None:
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


def test_an_automatic_or_internal_reply_is_not_a_response(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 1, replied(ticket, "a", automatic=True))
    then(history, ticket, 2, replied(ticket, "b", visibility="internal"))
    then(history, ticket, 3, replied(ticket, "c"))
    assert values(one(connection, history, ticket))["first_response"] == 3 * HOUR


def test_the_reply_with_which_an_agent_opened_the_ticket_is_not_a_response(connection: Connection, history: History) -> None:
    ticket = opened(history, opened_by="agent")
    then(history, ticket, 0, replied(ticket, "a"))
    then(history, ticket, 5, replied(ticket, "b"))
    other = opened(history, "other", opened_by="agent")
    then(history, other, 2, replied(other, "a"))
    assert values(one(connection, history, ticket))["first_response"] == 5 * HOUR
    assert values(ticket_times.times(connection, other.id) or {})["first_response"] == 2 * HOUR


def test_first_and_full_resolution_differ_if_a_ticket_is_solved_twice(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 2, ticket.solve)
    then(history, ticket, 3, ticket.reopen)
    then(history, ticket, 7, ticket.solve)
    then(history, ticket, 9, ticket.solve)
    row = one(connection, history, ticket)
    found = values(row)
    assert (found["first_resolution"], found["full_resolution"], found["reopens"]) == (2 * HOUR, 9 * HOUR, 1)
    assert (found["agent_work"], row["solutions"]) == (6 * HOUR, 3)


def test_a_ticket_closed_unsolved_ends_when_it_was_closed(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 5, ticket.close, origin="import")
    found = values(one(connection, history, ticket))
    assert (found["first_resolution"], found["seed_processing_time"]) == (5 * HOUR, 5 * HOUR)


def test_an_unsolved_ticket_has_times_so_far_instead_of_durations(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, 1, replied(ticket, "a"))
    then(history, ticket, 3, ticket.pend)
    row = one(connection, history, ticket)
    found = values(row)
    assert (found["first_response"], found["last_activity"]) == (HOUR, 3 * HOUR)
    assert {found[name] for name in ("full_resolution", "requester_wait", "agent_wait", "seed_processing_time")} == {None}
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
    found = values(row)
    assert (found["first_resolution"], found["full_resolution"]) == (2 * HOUR, None)
    assert so_far(row, hours(5)) is not None


def test_a_measure_that_ends_before_it_begins_has_no_value(connection: Connection, history: History) -> None:
    ticket = opened(history)
    then(history, ticket, -3, ticket.solve, origin="import")
    row = one(connection, history, ticket)
    assert {value for name, value in values(row).items() if name not in ("first_response", "last_activity")} == {None}
    assert (row["events_before_opening"], row["intervals"][0]["seconds"]) == (1, 0)


@settings(max_examples=30, deadline=None)
@given(history=histories())
def test_a_tickets_status_is_that_of_its_aggregate(history: History) -> None:
    with in_memory(ticket_times.ticket_times) as connection:
        fold(connection, history, ticket_times.ticket_times)
        for number in range(4):
            ticket = history.of(Ticket, f"ticket {number}")
            row = ticket_times.times(connection, uuid(f"ticket {number}"))
            assert (row is None) == (not ticket.exists)
            if row is not None:
                standing = ticket.standing()
                assert (row["status"], row["discarded"]) == (standing.status, standing.by == "discarded")
