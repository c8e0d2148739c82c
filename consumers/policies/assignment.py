"""An unfinished ticket or lead without an owner is assigned by the assignment rules, and any event may lead to that.

The policy compares the work before and after each event of a ticket or lead. Work that comes into the pool, or matters to other
rules than before, is given to an agent. Finished work that begins again stays with its owner, unless the owner is away: then it
comes back into the pool. When an agent has less work than before, waiting work is taken up.

If nobody in the team has capacity, the ticket or lead waits until somebody has. The policy needs to know how much open work
agents have, so it handles a turn only when the read models have reached the head of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from commands.service import assignment as commands
from commands.service.assignment import Roster
from consumers.policies.caught_up import CaughtUp
from consumers.policies.policy import Policy, Reaction
from consumers.policies.turns import Turns
from domain.operations.user import AvailabilityChanged, Registered, user_id
from domain.sales.lead.lead import Lead
from domain.service.assignment_rule import AssignmentRule
from domain.service.ticket.ticket import Ticket
from domain.shared.events import Event, Recorded
from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from projections.service import assignment_rules, workload

NAME = "assignment"
READ = (assignment_rules.assignment_rules.name, *workload.READ)
OF_AGENTS: tuple[type[Event], ...] = (AvailabilityChanged, Registered)


class Work(NamedTuple):
    """The answer about a ticket or lead: whether it is unfinished, its owner and team, and what the rules look at."""

    unfinished: bool = False
    owner: str | None = None
    team: str | None = None
    facts: tuple[tuple[str, str | None], ...] = ()


class Assigning:
    """The assignment policy. It needs the log's head, and read models that have reached it."""

    def __init__(self, store: EventStore, read_models: ReadModels, completeness: Completeness) -> None:
        self._store = store
        self._caught_up = CaughtUp(read_models, completeness, READ)
        self._tickets = Turns(Ticket, store, Work(), _work)
        self._leads = Turns(Lead, store, Work(), _work)

    def policy(self) -> Policy:
        return Policy(NAME, (*Ticket.events, *Lead.events, *OF_AGENTS, *AssignmentRule.events), self._react)

    def _react(self, recorded: Recorded) -> Iterable[Reaction]:
        event = recorded.event
        if isinstance(event, OF_AGENTS):
            return self._for_waiting(recorded.stream)
        if isinstance(event, AssignmentRule.events):
            return self._for_waiting(None)
        kind = Ticket.name if isinstance(event, Ticket.events) else Lead.name
        turn = self._tickets.turn(recorded) if kind == Ticket.name else self._leads.turn(recorded)
        own = recorded.metadata.actor.type == "policy" and recorded.metadata.actor.id == NAME
        return () if turn is None or own else self._for_turn(kind, recorded.stream, turn.before, turn.after)

    def _for_turn(self, kind: str, id: UUID, before: Work, after: Work) -> Iterator[Reaction]:
        begins = after.unfinished and (after.owner is None or not before.unfinished)
        freed = before.owner if before.unfinished and (not after.unfinished or after.owner != before.owner) else None
        waited = before.unfinished and before.owner is None
        if not begins and freed is None and not waited:
            return
        with self._up_to_date() as connection:
            facts = _rules_and_rosters(connection)
            teams, waits_for = assignment_rules.teams_with_waiting(connection), assignment_rules.waits_for(connection, id)
        if begins and facts["rules"]:
            yield Reaction(commands.give, facts | {"kind": kind, "id": id, "owner": after.owner})
        if waits_for:
            yield Reaction(commands.leave, {"kind": kind, "id": id, "teams": waits_for, "rules": facts["rules"]})
        if freed is not None and teams:
            yield Reaction(commands.take_up_for, facts | {"agent": user_id(freed)})

    def _for_waiting(self, agent: UUID | None) -> Iterator[Reaction]:
        """Takes up the work that waits for this agent's team; for every team if `agent` is None."""
        with self._up_to_date() as connection:
            facts, teams = _rules_and_rosters(connection), assignment_rules.teams_with_waiting(connection)
        if agent is None:
            yield from (Reaction(commands.take_up, facts | {"team": team}) for team in teams)
        elif teams:
            yield Reaction(commands.take_up_for, facts | {"agent": agent})

    def _up_to_date(self) -> AbstractContextManager[Connection]:
        """The read models at one moment, with everything that is recorded now. Raises TimeoutError."""
        head = self._store.head()
        # Another process may have assigned something since; its assignments must be visible too.
        return self._caught_up.reading(lambda connection: max(head, assignment_rules.last_turn(connection)))


def _work(thing: Ticket | Lead, before: Work, recorded: Recorded) -> Work:
    owner, team = thing.assignment
    return Work(not commands.has_ended(thing), owner, team, tuple(commands.facts_of(thing).items()))


def _rules_and_rosters(connection: Connection) -> dict[str, Any]:
    """The rules in force, and the rosters of their teams."""
    rules, rotas = assignment_rules.in_force(connection), assignment_rules.rotas(connection)
    teams = sorted({terms.team for terms in rules.values()})
    rosters = {team: Roster(rotas.get(team, 0), workload.open_things(connection, team)) for team in teams}
    return {"rules": tuple(sorted(rules)), "rosters": rosters}
