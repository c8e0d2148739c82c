"""Assignment rules, and the automatic assignment of tickets and leads that have no owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from commands.shared.deciding import begins, decides
from commands.shared.unit_of_work import UnitOfWork
from domain.operations.user import User, user_id
from domain.sales.lead.lead import Lead
from domain.service.assignment_rule import Assignable, AssignmentRule, Terms, assignment_rule_id
from domain.service.rota import Rota, rota_id
from domain.service.ticket.ticket import Ticket
from domain.shared.aggregate import Aggregate
from domain.shared.annotations import Annotated
from domain.shared.events import Context
from domain.shared.reference import Reference

KINDS: Mapping[str, type[Ticket | Lead]] = {"ticket": Ticket, "lead": Lead}
FINISHED = ("solved", "closed")
AT_ONCE = 100
"""The largest number of waiting tickets and leads that one command assigns."""


class Roster(NamedTuple):
    """The agents of a team by code, each with their number of open tickets and leads, as of a version of the team's rota."""

    version: int
    open: Mapping[str, int]


Rosters = Mapping[str, Roster]
"""The rosters by team."""


define = begins(AssignmentRule, AssignmentRule.define, assignment_rule_id)
"""Defines a rule, or replaces the terms of an existing one. The same values again change nothing."""
retire = decides(AssignmentRule, AssignmentRule.retire, assignment_rule_id)


def give(
    work: UnitOfWork, *, kind: Assignable, id: UUID, owner: str | None, rules: Sequence[UUID], rosters: Rosters
) -> Annotated:
    """Assigns the ticket or lead by the first of these rules that matches.

    Does nothing if it has ended, if its owner is not `owner` any more, or if that owner is not away. All data except the
    roster's numbers is read here, so that it is current at the commit. Assignments made after the roster was read are added to
    its numbers. If no agent can take the ticket or lead, it waits without an owner.
    """
    thing = work.load(KINDS[kind], id)
    needs_owner = thing.assignment[0] == owner and (owner is None or _is_away(work, owner))
    if needs_owner and (rule := _rule_for(work, kind, thing, rules)):
        _give(work, Reference(kind=kind, id=id), thing, rule, rosters)
    return thing


def leave(work: UnitOfWork, *, kind: Assignable, id: UUID, teams: Sequence[str], rules: Sequence[UUID]) -> Aggregate:
    """The ticket or lead no longer waits for these teams, unless it still needs an agent of the team."""
    thing, waiting = work.load(KINDS[kind], id), Reference(kind=kind, id=id)
    for team in teams:
        if not _belongs(_rule_for_waiting(work, waiting, thing, rules), team):
            work.load(Rota, rota_id(team)).leave(_now(work.context), waiting)
    return thing


def take_up(work: UnitOfWork, *, team: str, rules: Sequence[UUID], rosters: Rosters) -> Rota:
    """Assigns the tickets and leads that wait for this team, longest wait first, until nobody in it can take more."""
    rota = work.load(Rota, rota_id(team))
    for waiting in list(rota.waiting)[:AT_ONCE]:
        thing = work.load(KINDS[waiting.kind], waiting.id)
        rule = _rule_for_waiting(work, waiting, thing, rules)
        own_team = _belongs(rule, team)
        if not own_team:
            rota.leave(_now(work.context), waiting)
        if rule is not None and not _give(work, waiting, thing, rule, rosters) and own_team:
            break
    return rota


def take_up_for(work: UnitOfWork, *, agent: UUID, rules: Sequence[UUID], rosters: Rosters) -> Aggregate:
    """Calls `take_up` for the team of an agent who may be able to take more."""
    user = work.load(User, agent)
    team = user.registered.team if user.registered else None
    return user if team is None else take_up(work, team=team, rules=rules, rosters=rosters)


def _give(work: UnitOfWork, given: Reference, thing: Ticket | Lead, rule: AssignmentRule, rosters: Rosters) -> bool:
    """Assigns the ticket or lead, or queues it if nobody is available. Returns whether it was assigned."""
    assert rule.terms is not None, "a rule that matches has terms"
    team, context = rule.terms.team, _now(work.context, thing)
    rota = work.load(Rota, rota_id(team))
    agent = _next(work, rule.code, rule.terms, rota, rosters.get(team, Roster(rota.version, {})))
    if agent is None:
        if thing.assignment[0] is not None:
            thing.assign(context, None, team)
        rota.queue(context, team=team, rule=rule.code, given=given)
        return False
    thing.assign(context, agent, team)
    rota.take_turn(context, team=team, rule=rule.code, agent=agent, given=given)
    return True


def _belongs(rule: AssignmentRule | None, team: str) -> bool:
    return rule is not None and rule.terms is not None and rule.terms.team == team


def _rule_for_waiting(
    work: UnitOfWork, waiting: Reference, thing: Ticket | Lead, rules: Sequence[UUID]
) -> AssignmentRule | None:
    """The first rule that matches. None if the ticket or lead has an owner now."""
    return None if thing.assignment[0] is not None else _rule_for(work, waiting.kind, thing, rules)


def _rule_for(work: UnitOfWork, kind: str, thing: Ticket | Lead, rules: Sequence[UUID]) -> AssignmentRule | None:
    """The first rule that matches.

    None if no rule matches, if the ticket or lead has ended, or if it belongs to another team than the rule's.
    """
    _, team = thing.assignment
    if has_ended(thing):
        return None
    facts = facts_of(thing)
    loaded = (work.existing(AssignmentRule, id) for id in rules)
    matching = [rule for rule in loaded if rule.terms and rule.terms.fit(kind, facts)]
    first = min(matching, key=lambda rule: (rule.terms.order if rule.terms else 0, rule.code), default=None)
    return first if first and first.terms and team in (None, first.terms.team) else None


def has_ended(thing: Ticket | Lead) -> bool:
    if isinstance(thing, Ticket):
        return thing.status in FINISHED
    return thing.erased or thing.ended is not None


def facts_of(thing: Ticket | Lead) -> dict[str, str | None]:
    """The values that the conditions of rules look at, by field."""
    if isinstance(thing, Ticket):
        channel = thing.opened.channel if thing.opened else None
        return {"channel": channel, "category": thing.category, "priority": thing.priority}
    assert thing.captured is not None, "the first event of a lead is Captured"
    return {"channel": thing.captured.channel, "origin": thing.captured.origin}


def _next(work: UnitOfWork, rule: str, terms: Terms, rota: Rota, roster: Roster) -> str | None:
    """The agent whose turn it is; None if nobody in the team is available, or all have reached their capacity."""
    given, last = rota.turns_since(roster.version), rota.last.get(rule, "")
    load = {code: open + given[code] for code, open in roster.open.items()}
    in_turn = sorted(load, key=lambda code: (code <= last, code))
    free = [code for code in in_turn if _takes(work.load(User, user_id(code)), terms.team, load[code])]
    if not free:
        return None
    return free[0] if terms.method == "round_robin" else min(free, key=load.__getitem__)


def _takes(user: User, team: str, load: int) -> bool:
    """Whether the user is available, in this team, and below their capacity."""
    registered = user.registered
    if registered is None or registered.team != team or not user.available or user.deactivated_since is not None:
        return False
    return registered.capacity is None or load < registered.capacity


def _is_away(work: UnitOfWork, owner: str) -> bool:
    """Whether the owner is a user who is not available, or no longer works here."""
    user = work.load(User, user_id(owner))
    return user.exists and (not user.available or user.deactivated_since is not None)


def _now(context: Context, thing: Ticket | Lead | None = None) -> Context:
    """The context of an assignment. It happens now, not at the time of its cause and never before the ticket or lead starts."""
    begun = None if thing is None else thing.opened_at if isinstance(thing, Ticket) else thing.begun_at
    later = begun if begun and begun > context.now else None
    return replace(context, occurred_at=later, occurred_precision="second", occurred_zone=None)
