"""The command for a due item runs once: not again after a crash, in a second process or by a rebuild, and not for imports."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from commands.service import tickets
from consumers.policies.clock import Clock
from consumers.policies.escalation import escalation
from consumers.rebuilding.rebuild import rebuild
from domain.service.sla_policy import PolicyTarget
from domain.service.ticket.processing import Escalated
from domain.service.ticket.service_levels import SlaApplied, SlaBreached
from domain.shared.ids import external_id
from infra.read_models.tables import create_tables
from projections.service.ticket_due import ticket_due
from tests.consumers.policies.deadline_acts import (
    HOUR,
    RESPONSE,
    TICKET,
    define_calendar,
    kinds,
    look,
    open_ticket,
    promise,
    recorded,
    reply,
)
from tests.consumers.policies.policy_place import Place
from tests.domain.given import NOW, YESTERDAY
from tests.waiting import PATIENCE


def test_a_ticket_that_was_not_answered_in_time_is_escalated(place: Place) -> None:
    promise(place)
    open_ticket(place)
    assert look(place, HOUR) == 0
    assert look(place, HOUR) == 1
    applied, breached, escalated = place.done()
    assert isinstance(applied, SlaApplied)
    assert breached == SlaBreached(metric="first_response")
    assert escalated == Escalated(reason="sla_first_response")
    assert recorded(place, SlaBreached).metadata.occurred_at == NOW + HOUR
    done = recorded(place, Escalated).metadata
    assert (done.occurred_at, done.actor.id, done.origin) == (place.now, "sla-escalation", "policy")


def test_nothing_is_due_while_the_clock_is_doubted(place: Place) -> None:
    promise(place)
    open_ticket(place)
    place.trusts_clock = False
    assert look(place, 9 * 24 * HOUR) == 0
    assert place.done() == []
    place.trusts_clock = True
    assert look(place) == 1


def test_a_ticket_is_escalated_once_for_a_target(place: Place) -> None:
    promise(place, RESPONSE, PolicyTarget(metric="full_resolution", seconds=7200))
    open_ticket(place)
    assert [look(place, 3 * HOUR), look(place), look(place), look(place, 9 * HOUR)] == [1, 1, 0, 0]
    assert kinds(place) == [SlaApplied, SlaBreached, Escalated, SlaBreached, Escalated]


@pytest.mark.parametrize(
    "act",
    [
        lambda place: reply(place, "a", "agent"),
        lambda place: place.run(tickets.solve, ticket_id=TICKET),
        lambda place: place.run(tickets.discard, ticket_id=TICKET, reason="spam"),
    ],
    ids=["answered", "solved", "discarded"],
)
@pytest.mark.parametrize("known", [True, False], ids=["known", "not yet known"])
def test_a_ticket_that_no_longer_needs_an_answer_is_not_escalated(place: Place, act: Any, known: bool) -> None:
    promise(place)
    open_ticket(place)
    place.project()
    act(place)
    place.now += 2 * HOUR
    if known:
        place.project()
    assert place.clock(escalation).look(escalation) == 0
    assert place.done() == []


@pytest.mark.parametrize("later", [tickets.reopen, tickets.close], ids=["reopened", "closed"])
def test_a_ticket_that_was_solved_in_time_is_not_escalated_for_a_response_later(place: Place, later: Any) -> None:
    promise(place)
    open_ticket(place)
    place.now += HOUR / 12
    place.run(tickets.solve, ticket_id=TICKET)
    place.now += 3 * HOUR
    place.run(later, ticket_id=TICKET)
    assert [look(place), look(place, 9 * HOUR)] == [0, 0]
    assert place.done() == []


def test_a_target_due_at_closing_time_is_escalated_after_the_next_opening(place: Place) -> None:
    """It is Monday, half past nine in the morning; the office is open until half past ten, and only on Mondays."""
    promise(place, PolicyTarget(metric="first_response", seconds=3600, hours="business"))
    define_calendar(place, "09:30", "10:30")
    open_ticket(place)
    week = timedelta(days=7)
    assert [look(place, 2 * HOUR), look(place, week - 2 * HOUR)] == [0, 0]
    assert look(place, timedelta(seconds=1)) == 1
    assert recorded(place, SlaBreached).metadata.occurred_at == NOW + week


def test_an_event_that_the_read_model_does_not_know_yet_postpones_the_escalation(place: Place) -> None:
    promise(place)
    open_ticket(place)
    place.project()
    place.run(tickets.categorise, ticket_id=TICKET, category="damage")
    place.now += 2 * HOUR
    assert place.clock(escalation).look(escalation) == 0
    assert look(place) == 1


def test_each_wait_for_a_next_reply_can_be_breached(place: Place) -> None:
    promise(place, PolicyTarget(metric="next_reply", seconds=3600))
    open_ticket(place)
    for number in range(2):
        reply(place, f"a{number}", "agent")
        place.now += HOUR
        reply(place, f"c{number}", "customer")
        assert look(place, 2 * HOUR) == 1
        assert look(place) == 0
    assert kinds(place) == [SlaApplied, SlaBreached, Escalated, SlaBreached]
    assert [one.metadata.irregular for one in place.log() if isinstance(one.event, SlaBreached)] == [(), ()]


def test_business_hours_follow_the_calendar_in_force_even_after_a_change(place: Place) -> None:
    """It is Monday, half past nine in the morning."""
    promise(place, PolicyTarget(metric="first_response", seconds=3600, hours="business"))
    define_calendar(place, "09:00", "10:00")
    open_ticket(place)
    assert look(place, 2 * HOUR) == 0
    define_calendar(place, "09:00", "17:00")
    assert look(place) == 1
    assert recorded(place, SlaBreached).metadata.occurred_at == NOW + HOUR


def test_a_policy_defined_later_applies_to_tickets_opened_while_it_was_in_force(place: Place) -> None:
    open_ticket(place)
    assert look(place, 2 * HOUR) == 0
    promise(place)
    assert look(place) == 1


def test_another_priority_has_another_target(place: Place) -> None:
    promise(place, priority="high")
    open_ticket(place)
    assert look(place, 2 * HOUR) == 0
    place.run(tickets.change_priority, ticket_id=TICKET, priority="high")
    assert look(place) == 1


def test_a_ticket_that_was_overdue_when_imported_is_not_escalated(place: Place) -> None:
    promise(place, RESPONSE, PolicyTarget(metric="full_resolution", seconds=36 * 3600))
    open_ticket(place, origin="import", at=YESTERDAY)
    assert look(place) == 0
    assert look(place, 13 * HOUR) == 1
    assert SlaBreached(metric="full_resolution") in place.done()
    assert SlaBreached(metric="first_response") not in place.done()


def test_a_crash_before_the_read_model_knows_duplicates_nothing(either: Place) -> None:
    promise(either)
    open_ticket(either)
    assert look(either, 2 * HOUR) == 1
    assert [either.clock(escalation).look(escalation) for _ in range(2)] == [1, 1]
    assert kinds(either) == [SlaApplied, SlaBreached, Escalated]


def test_processes_that_look_at_the_same_time_escalate_once(either: Place) -> None:
    promise(either)
    open_ticket(either)
    either.now += 2 * HOUR
    either.project()
    threads = [threading.Thread(target=either.clock(escalation).look, args=[escalation]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds(either) == [SlaApplied, SlaBreached, Escalated]


def test_a_rebuild_escalates_nothing(place: Place) -> None:
    promise(place)
    open_ticket(place)
    assert look(place, 2 * HOUR) == 1
    place.project()
    with place.read_models.writer.begin() as connection:
        create_tables(connection, ticket_due.tables)
    rebuild(ticket_due, place.store, place.read_models, 1)
    assert look(place, 9 * HOUR) == 0


def test_due_items_that_do_not_fit_into_one_look_are_left_for_the_next_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.policies.clock.AT_ONCE", 2)
    promise(place)
    for number in range(5):
        id = external_id("ticket", "test", f"{number}", b"")
        place.run(tickets.open, ticket_id=id, number=f"T{number}", customer_id=None, opened_by="customer")
    place.now += 2 * HOUR
    place.project()
    clock = place.clock(escalation)
    assert [clock.look(escalation) for _ in range(3)] == [2, 2, 1]


def test_the_clock_ends_when_it_is_stopped(place: Place) -> None:
    clock: Clock = place.clock(escalation)
    thread = threading.Thread(target=clock.run)
    thread.start()
    clock.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
