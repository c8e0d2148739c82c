"""A ticket is escalated while a target of a policy in force is overdue, whatever event led to that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commands.service import sla_policies, tickets
from consumers.policies.escalation import escalation
from domain.service.service_level import PolicyVersion, is_retired, promised
from domain.service.sla_policy import PolicyTarget, Terms, sla_policy_id
from tests.consumers.policies.deadline_acts import (
    HOUR,
    RESPONSE,
    TICKET,
    look,
    open_ticket,
    promise,
)
from tests.consumers.policies.policy_place import Place
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY


def retire(place: Place, code: str = "standard", **facts: Any) -> None:
    place.run(sla_policies.retire, code=code, **facts)


def reopen(place: Place) -> None:
    place.run(tickets.reopen, ticket_id=TICKET)


def solve(place: Place) -> None:
    place.run(tickets.solve, ticket_id=TICKET)


# Retired policies


def test_a_retired_policy_no_longer_escalates_the_tickets_that_were_opened_before(place: Place) -> None:
    promise(place)
    open_ticket(place)
    place.now += HOUR / 2
    retire(place)
    assert look(place, 2 * HOUR) == 0
    assert place.done() == []


def test_a_policy_that_is_retired_after_the_deadline_no_longer_escalates(place: Place) -> None:
    promise(place)
    open_ticket(place)
    place.now += 2 * HOUR
    retire(place)
    assert look(place) == 0


def test_a_retirement_that_the_read_model_does_not_know_yet_counts(place: Place) -> None:
    promise(place)
    open_ticket(place)
    place.now += 2 * HOUR
    place.project()
    retire(place)
    assert place.clock(escalation).look(escalation) == 0
    assert place.done() == []


def test_a_policy_in_force_again_escalates_again(place: Place) -> None:
    promise(place)
    open_ticket(place)
    place.now += HOUR / 2
    retire(place)
    assert look(place, 2 * HOUR) == 0
    place.run(sla_policies.define, code="standard", terms=Terms(order=1, targets=(RESPONSE,)))
    assert [look(place), look(place)] == [1, 0]


def test_a_policy_that_was_retired_and_is_in_force_again_before_the_look_escalates(place: Place) -> None:
    """The refusal of a look in between is not kept."""
    promise(place)
    open_ticket(place)
    place.now += 2 * HOUR
    place.project()
    retire(place)
    assert place.clock(escalation).look(escalation) == 0
    place.now += HOUR
    place.run(sla_policies.define, code="standard", terms=Terms(order=1, targets=(RESPONSE,)))
    assert look(place) == 1


def test_another_policy_does_not_take_over_the_tickets_of_a_retired_one(place: Place) -> None:
    promise(place)
    place.run(sla_policies.define, code="rest", terms=Terms(order=2, targets=(RESPONSE,)), at=LAST_WEEK)
    open_ticket(place)
    place.now += HOUR / 2
    retire(place)
    assert look(place, 2 * HOUR) == 0


def test_a_revised_policy_keeps_the_promise_for_tickets_that_were_opened_before(place: Place) -> None:
    promise(place)
    open_ticket(place)
    place.now += HOUR / 2
    longer = PolicyTarget(metric="first_response", seconds=7 * 3600)
    place.run(sla_policies.define, code="standard", terms=Terms(order=1, targets=(longer,)))
    assert look(place, HOUR) == 1


def test_the_report_still_counts_what_a_retired_policy_promised() -> None:
    """The promise is judged by the policy as it was at the opening."""
    id, targets = sla_policy_id("standard"), (RESPONSE,)
    versions = [
        PolicyVersion(id, "standard", 1, LAST_WEEK, Terms(order=1, targets=targets)),
        PolicyVersion(id, "standard", 2, NOW, None),
    ]
    assert is_retired(id, versions)
    assert not is_retired(id, versions[:1])
    kept = promised(YESTERDAY, {}, versions)
    assert kept is not None
    assert [target.seconds for target in kept.targets] == [3600]
    assert promised(NOW, {}, versions) is None


# Roads to an overdue target, and away from it


def test_a_target_is_missed_only_after_the_due_moment(place: Place) -> None:
    promise(place)
    open_ticket(place)
    assert look(place, HOUR) == 0
    assert look(place, timedelta(microseconds=1)) == 1


def test_a_ticket_that_is_reopened_after_the_due_moment_is_escalated_then(place: Place) -> None:
    promise(place, PolicyTarget(metric="full_resolution", seconds=3600))
    open_ticket(place)
    solve(place)
    assert look(place, 2 * HOUR) == 0
    reopen(place)
    assert [look(place), look(place)] == [1, 0]


def test_a_ticket_that_was_escalated_is_not_escalated_again_when_it_is_reopened(place: Place) -> None:
    promise(place, PolicyTarget(metric="full_resolution", seconds=3600))
    open_ticket(place)
    assert look(place, 2 * HOUR) == 1
    solve(place)
    reopen(place)
    assert look(place, HOUR) == 0


def test_a_discarded_ticket_that_was_a_real_case_after_all_is_escalated(place: Place) -> None:
    promise(place, PolicyTarget(metric="full_resolution", seconds=3600))
    open_ticket(place)
    place.run(tickets.discard, ticket_id=TICKET, reason="spam")
    assert look(place, 2 * HOUR) == 0
    reopen(place)
    assert look(place) == 1
