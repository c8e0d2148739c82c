"""Tickets and leads without an owner are assigned to agents who can take them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.operations import users
from commands.service import assignment, tickets
from commands.shared import annotating
from domain.sales.lead.lead import Lead
from domain.service.assignment_rule import Condition
from domain.service.rota import NOBODY_AVAILABLE, Left, Queued, TurnTaken
from domain.service.ticket.ticket import Ticket
from domain.shared.reference import Reference
from infra.processes.parts import running
from tests.consumers.policies.desk import EMAIL, Desk, desk_in
from tests.domain.given import YESTERDAY
from tests.waiting import wait_until


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    url = request.getfixturevalue("recording_database_url") if getattr(request, "param", "sqlite") == "postgresql" else None
    with desk_in(tmp_path, url) as desk:
        yield desk


def test_agents_take_turns_even_if_the_process_restarts(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob", "cyd")
    ids = [desk.opens(number) for number in range(2)]
    assert desk.owners(*ids) == ["ann", "bob"]
    desk.policies = desk.another()
    assert desk.owners(desk.opens(3), desk.opens(4)) == ["cyd", "ann"]
    assert desk.owner(ids[0]) == ("ann", "support")


def test_an_assignment_names_its_policy_and_rule_and_happens_when_it_is_made(desk: Desk) -> None:
    desk.rule()
    desk.people("ann")
    id = desk.opens(1, at=YESTERDAY)
    desk.policies.follow()
    given, turn = desk.place.log()[-2:]
    assert (given.stream, given.metadata.actor.id, given.metadata.origin) == (id, "assignment", "policy")
    assert given.metadata.occurred_at == given.metadata.recorded_at == desk.place.now
    assert turn.event == TurnTaken(team="support", rule="all", agent="ann", given=Reference(kind="ticket", id=id))


def test_the_agent_with_the_fewest_open_tickets_gets_the_next_one(desk: Desk) -> None:
    desk.rule(method="least_open")
    desk.people("ann", "bob")
    first, second, third = (desk.opens(number) for number in range(3))
    assert desk.owners(first, second, third) == ["ann", "bob", "ann"]
    for id in (first, third):
        desk.place.run(tickets.solve, ticket_id=id)
    assert desk.owners(desk.opens(3), desk.opens(4)) == ["ann", "bob"]


def test_the_first_rule_that_fits_applies_and_leads_have_their_own_rules(desk: Desk) -> None:
    desk.rule("mail", 1, conditions=(EMAIL,), team="mailroom")
    desk.rule("rest", 2)
    desk.rule("video", 1, kind="lead", team="sales", conditions=(Condition(field="channel", values=("social",)),))
    desk.people("ann")
    desk.people("bob", team="mailroom")
    desk.people("cyd", team="sales")
    by_mail, by_phone = desk.opens(1), desk.opens(2, channel="phone")
    lead, other = desk.captures(1, channel="social"), desk.captures(2, channel="fair")
    assert desk.owners(by_mail, by_phone) == ["bob", "ann"]
    assert (desk.owner(lead, Lead), desk.owner(other, Lead)) == (("cyd", "sales"), (None, None))


def test_an_agent_who_is_away_deactivated_or_in_another_team_gets_nothing(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob", "cyd")
    desk.people("dan", team="sales")
    desk.available("ann", False)
    desk.place.run(users.deactivate, code="bob")
    assert desk.owners(desk.opens(1), desk.opens(2)) == ["cyd", "cyd"]


def test_a_ticket_that_has_an_owner_or_has_ended_or_is_imported_is_not_assigned(desk: Desk) -> None:
    desk.rule()
    desk.people("ann")
    owned, solved, elsewhere = (desk.opens(number) for number in range(3))
    desk.place.run(annotating.assign, kind=Ticket, id=owned, owner="eve", team=None)
    desk.place.run(tickets.solve, ticket_id=solved)
    desk.place.run(annotating.assign, kind=Ticket, id=elsewhere, owner=None, team="sales")
    imported = desk.opens(4, origin="import", at=YESTERDAY)
    assert desk.owners(owned, solved, elsewhere, imported) == ["eve", None, None, None]


def test_tickets_that_nobody_can_take_wait_and_are_assigned_in_order(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", capacity=1)
    first, second, third = (desk.opens(number) for number in range(3))
    assert desk.owners(first, second, third) == ["ann", None, None]
    queued = [recorded.metadata.irregular for recorded in desk.place.log() if isinstance(recorded.event, Queued)]
    assert queued == [(NOBODY_AVAILABLE,)] * 2
    wait_until(lambda: desk.waiting() == [second, third], "both are known to wait")
    desk.place.run(tickets.solve, ticket_id=first)
    assert desk.owners(second, third) == ["ann", None]
    desk.people("bob")
    assert desk.owners(third) == ["bob"]
    wait_until(lambda: not desk.waiting(), "nothing waits")


def test_a_ticket_that_was_assigned_by_hand_no_longer_waits(desk: Desk) -> None:
    desk.rule()
    desk.people("ann")
    desk.available("ann", False)
    id = desk.opens(1)
    desk.policies.follow()
    desk.place.run(annotating.assign, kind=Ticket, id=id, owner="eve", team=None)
    desk.available("ann", True)
    assert desk.owners(id) == ["eve"]
    assert desk.place.log()[-1].event == Left(given=Reference(kind="ticket", id=id))


def test_a_retired_rule_assigns_nothing(desk: Desk) -> None:
    desk.rule()
    desk.people("ann")
    desk.place.run(assignment.retire, code="all")
    assert desk.owners(desk.opens(1)) == [None]


@pytest.mark.parametrize("desk", ["sqlite", "postgresql"], indirect=True)
def test_two_processes_assign_each_ticket_once_and_agents_take_turns(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob", capacity=3)
    other = desk.another()
    ids = [desk.opens(number) for number in range(8)]
    with running(desk.policies), running(other):
        wait_until(
            lambda: sum(isinstance(one.event, TurnTaken | Queued) for one in desk.place.log()) == 8,
            "all are assigned or wait",
        )
    owners = [desk.owner(id)[0] for id in ids]
    assert (owners.count("ann"), owners.count("bob"), owners.count(None)) == (3, 3, 2)
    desk.place.forget_the_position("assignment")
    head = desk.place.store.head()
    desk.policies.follow()
    assert desk.place.store.head() == head
