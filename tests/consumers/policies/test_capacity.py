"""Work that waits is taken up when an agent has less work, or a rule changes; and the log is answered once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from commands.sales import leads
from commands.service import assignment
from domain.service.assignment_rule import Condition
from domain.service.rota import Left
from domain.shared.reference import Reference
from tests.consumers.policies.desk import Act, Desk, assign, desk_in, discard, give_to_eve, goes_away, reopen, solve
from tests.waiting import wait_until

DAMAGE = Condition(field="category", values=("damage",))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as desk:
        yield desk


def erase_lead(desk: Desk, id: UUID) -> None:
    desk.place.run(leads.erase, lead_id=id, reason="requested", requested_by="customer", receipt="e-1")


@pytest.mark.parametrize("act", [solve, discard, give_to_eve])
def test_an_agent_who_has_less_work_takes_up_waiting_work(desk: Desk, act: Act) -> None:
    desk.rule()
    desk.people("ann", capacity=1)
    first, second = desk.opens(1), desk.opens(2)
    assert desk.owners(first, second) == ["ann", None]
    act(desk, first)
    assert desk.owners(second) == ["ann"]


def test_an_erased_lead_leaves_room_for_other_work(desk: Desk) -> None:
    desk.rule()
    desk.rule("leads", kind="lead")
    desk.people("ann", capacity=1)
    lead, ticket = desk.captures(1), desk.opens(1)
    assert desk.owners(ticket) == [None]
    erase_lead(desk, lead)
    assert desk.owners(ticket) == ["ann"]


def test_a_rule_that_gives_waiting_work_to_another_team_applies_to_it(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", team="sales")
    id = desk.opens(1)
    assert desk.owners(id) == [None]
    desk.rule(team="sales")
    assert desk.owners(id) == ["ann"]
    wait_until(lambda: not desk.waiting(), "nothing waits")


def test_a_retired_rule_ends_the_wait_for_its_team(desk: Desk) -> None:
    desk.rule()
    id = desk.opens(1)
    desk.policies.follow()
    desk.place.run(assignment.retire, code="all")
    desk.policies.follow()
    assert desk.place.log()[-1].event == Left(given=Reference(kind="ticket", id=id))
    desk.people("ann")
    assert desk.owners(id) == [None]


def test_reading_the_log_again_assigns_nothing_again(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob")
    id = desk.opens(1)
    desk.policies.follow()
    solve(desk, id)
    goes_away(desk, "ann")
    reopen(desk, id)
    desk.policies.follow()
    assign(desk, id, "ann")
    desk.policies.follow()
    head = desk.place.store.head()
    desk.place.forget_the_position("assignment")
    for policies in (desk.policies, desk.another()):
        policies.follow()
    assert desk.place.store.head() == head
    assert desk.owner(id)[0] == "ann"
