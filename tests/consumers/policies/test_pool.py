"""Unfinished work without an owner is assigned, whatever event led to that. So is reopened work of an agent who is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.sales import leads
from commands.service import tickets
from domain.sales.lead.lead import Lead
from domain.service.assignment_rule import Condition
from domain.service.rota import Left, Queued, TurnTaken
from domain.service.ticket.ticket import Assigned
from domain.shared.reference import Reference
from tests.consumers.policies.desk import (
    EMAIL,
    Act,
    Desk,
    assign,
    customer_replies,
    desk_in,
    discard,
    give_to_eve,
    goes_away,
    leaves,
    reopen,
    solve,
)
from tests.domain.given import YESTERDAY
from tests.waiting import wait_until

DAMAGE = Condition(field="category", values=("damage",))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as desk:
        yield desk


# A ticket that is reopened while its owner is away


@pytest.mark.parametrize(("end", "again"), [(solve, reopen), (solve, customer_replies), (discard, reopen)])
@pytest.mark.parametrize("away", [goes_away, leaves])
def test_a_reopened_ticket_whose_owner_is_away_goes_to_another_agent(
    desk: Desk, end: Act, again: Act, away: Callable[[Desk, str], None]
) -> None:
    desk.rule()
    desk.people("ann", "bob")
    id = desk.opens(1)
    assert desk.owners(id) == ["ann"]
    end(desk, id)
    away(desk, "ann")
    assert desk.owners(id) == ["ann"], "finished work stays with its owner"
    again(desk, id)
    assert desk.owners(id) == ["bob"]
    turn = desk.place.log()[-1].event
    assert turn == TurnTaken(team="support", rule="all", agent="bob", given=Reference(kind="ticket", id=id))


def test_a_reopened_ticket_that_nobody_can_take_waits_without_an_owner(desk: Desk) -> None:
    desk.rule()
    desk.people("ann")
    id = desk.opens(1)
    desk.policies.follow()
    solve(desk, id)
    goes_away(desk, "ann")
    reopen(desk, id)
    assert desk.owners(id) == [None]
    assigned, queued = (one.event for one in desk.place.log()[-2:])
    assert assigned == Assigned(team="support")
    assert isinstance(queued, Queued)
    wait_until(lambda: desk.waiting() == [id], "it is known to wait")
    desk.available("ann", True)
    assert desk.owners(id) == ["ann"]


def test_a_reopened_ticket_whose_owner_is_there_stays_with_them(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob", capacity=1)
    id = desk.opens(1)
    desk.policies.follow()
    solve(desk, id)
    more = desk.opens(2)
    desk.policies.follow()
    reopen(desk, id)
    assert desk.owners(id, more) == ["ann", "bob"]


def test_a_reopened_ticket_that_a_person_gave_to_somebody_who_is_away_stays_there(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob", "cyd")
    id = desk.opens(1)
    desk.policies.follow()
    solve(desk, id)
    for code in ("ann", "bob"):
        goes_away(desk, code)
    reopen(desk, id)
    assign(desk, id, "bob")
    assert desk.owners(id) == ["bob"]


def test_a_reopened_ticket_of_an_owner_who_is_no_user_stays_with_them(desk: Desk) -> None:
    desk.rule()
    desk.people("ann")
    id = desk.opens(1)
    desk.policies.follow()
    assign(desk, id, "eve")
    solve(desk, id)
    reopen(desk, id)
    assert desk.owners(id) == ["eve"]


@pytest.mark.parametrize("team", ["sales", None])
def test_a_reopened_ticket_that_no_rule_gives_to_a_team_stays_with_its_owner(desk: Desk, team: str | None) -> None:
    """Without a rule nobody would ever take it, so it is not taken from its owner."""
    desk.rule(conditions=(EMAIL,))
    desk.people("ann", "bob")
    id = desk.opens(1, channel="email" if team else "phone")
    desk.policies.follow()
    assign(desk, id, "ann", team)
    solve(desk, id)
    goes_away(desk, "ann")
    reopen(desk, id)
    assert desk.owners(id) == ["ann"]


def test_open_work_of_an_agent_who_goes_away_stays_with_them(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob")
    id = desk.opens(1)
    desk.policies.follow()
    goes_away(desk, "ann")
    desk.place.run(tickets.pend, ticket_id=id)
    customer_replies(desk, id)
    assert desk.owners(id) == ["ann"]


def test_a_reopened_lead_whose_owner_is_away_goes_to_another_agent(desk: Desk) -> None:
    desk.rule(kind="lead")
    desk.people("ann", "bob")
    id = desk.captures(1)
    desk.policies.follow()
    assert desk.owner(id, Lead) == ("ann", "support")
    desk.place.run(leads.lose, lead_id=id)
    goes_away(desk, "ann")
    desk.place.run(leads.reopen, lead_id=id)
    desk.policies.follow()
    assert desk.owner(id, Lead) == ("bob", "support")


# Other ways into the pool


def test_a_ticket_that_was_solved_before_it_had_an_owner_is_assigned_when_it_is_reopened(desk: Desk) -> None:
    desk.rule()
    desk.people("ann")
    id = desk.opens(1)
    solve(desk, id)
    assert desk.owners(id) == [None]
    reopen(desk, id)
    assert desk.owners(id) == ["ann"]


def test_a_ticket_that_is_taken_from_its_owner_goes_back_to_the_pool(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob")
    id = desk.opens(1)
    desk.policies.follow()
    assign(desk, id, None)
    assert desk.owners(id) == ["bob"]


def test_a_ticket_that_is_given_to_another_team_is_not_assigned(desk: Desk) -> None:
    desk.rule()
    desk.people("ann", "bob")
    id = desk.opens(1)
    desk.policies.follow()
    assign(desk, id, None, "sales")
    assert desk.owners(id) == [None]


def test_a_ticket_that_fits_a_rule_only_later_is_assigned_then(desk: Desk) -> None:
    desk.rule(conditions=(DAMAGE,))
    desk.people("ann")
    id = desk.opens(1)
    assert desk.owners(id) == [None]
    desk.place.run(tickets.categorise, ticket_id=id, category="damage")
    assert desk.owners(id) == ["ann"]


def test_a_waiting_ticket_that_another_teams_rule_takes_waits_no_longer(desk: Desk) -> None:
    desk.rule("damage", 1, conditions=(DAMAGE,), team="repairs")
    desk.rule("rest", 2)
    desk.people("ann", team="repairs")
    id = desk.opens(1)
    assert desk.owners(id) == [None]
    desk.place.run(tickets.categorise, ticket_id=id, category="damage")
    assert desk.owners(id) == ["ann"]
    wait_until(lambda: not desk.waiting(), "nothing waits")


@pytest.mark.parametrize("act", [solve, discard, give_to_eve])
def test_a_waiting_ticket_that_has_ended_or_has_an_owner_waits_no_longer(desk: Desk, act: Act) -> None:
    desk.rule()
    id = desk.opens(1)
    desk.policies.follow()
    act(desk, id)
    desk.policies.follow()
    assert desk.place.log()[-1].event == Left(given=Reference(kind="ticket", id=id))


def test_work_that_is_imported_as_finished_is_assigned_when_it_is_reopened_live(desk: Desk) -> None:
    desk.rule()
    desk.people("ann")
    id = desk.opens(1, origin="import", at=YESTERDAY)
    desk.place.run(tickets.solve, ticket_id=id, origin="import", at=YESTERDAY)
    assert desk.owners(id) == [None]
    reopen(desk, id)
    assert desk.owners(id) == ["ann"]
