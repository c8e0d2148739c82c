"""Assigns tickets that are opened and leads that are captured without an owner, by the assignment rules.

If nobody in the team has capacity, the ticket or lead waits until somebody has. The policy needs to know how much open work
agents have, so it handles an event only when the read models have reached the head of the log. That may take a while, so this
policy follows the log separately, and the other policies need not wait.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from commands.service import assignment as commands
from commands.service.assignment import Roster
from consumers.policies.policy import Policy, Reaction
from domain.operations.user import AvailabilityChanged, Registered
from domain.sales.lead import events as lead
from domain.service.ticket import opening, processing
from domain.shared.events import Event, Recorded
from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from infra.read_models.digest import one_moment
from projections.service import assignment_rules, workload

NAME = "assignment"
READ = (assignment_rules.assignment_rules.name, *workload.READ)
LONGEST_WAIT, PAUSE = 5.0, 0.02

BEGUN: dict[type[Event], str] = {opening.Opened: "ticket", lead.Captured: "lead"}
ENDED: dict[type[Event], str] = {
    processing.Solved: "ticket",
    processing.Closed: "ticket",
    processing.MergedInto: "ticket",
    processing.Discarded: "ticket",
    lead.Converted: "lead",
    lead.Lost: "lead",
}


class Assigning:
    """The assignment policy. It needs the log's head, and read models that have reached it."""

    def __init__(self, store: EventStore, read_models: ReadModels, completeness: Completeness) -> None:
        self._store, self._read_models, self._completeness = store, read_models, completeness

    def policy(self) -> Policy:
        return Policy(NAME, (*BEGUN, *ENDED, AvailabilityChanged, Registered), self._react)

    def _react(self, recorded: Recorded) -> Iterable[Reaction]:
        event, id = recorded.event, recorded.stream
        begun, ended = BEGUN.get(type(event)), ENDED.get(type(event))
        with self._up_to_date() as connection:
            facts = _rules_and_rosters(connection)
            waits = assignment_rules.anything_waits(connection)
        if begun and facts["rules"]:
            yield Reaction(commands.give, facts | {"kind": begun, "id": id})
        elif ended and waits:
            yield Reaction(commands.take_up_after, facts | {"kind": ended, "id": id})
        elif isinstance(event, AvailabilityChanged | Registered) and waits:
            yield Reaction(commands.take_up, facts | {"agent": id})

    @contextmanager
    def _up_to_date(self) -> Iterator[Connection]:
        """The read models at one moment, with everything that is recorded now. Raises TimeoutError."""
        head, deadline = self._store.head(), time.monotonic() + LONGEST_WAIT
        while True:
            with one_moment(self._read_models) as connection:
                # Another process may have assigned something since; its assignments must be visible too.
                needed = max(head, assignment_rules.last_turn(connection))
                if all(self._completeness.followed_by(connection, name) >= needed for name in READ):
                    yield connection
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{', '.join(READ)} have not reached position {needed}")
            time.sleep(PAUSE)


def _rules_and_rosters(connection: Connection) -> dict[str, Any]:
    """The rules in force, and the rosters of their teams."""
    rules, rotas = assignment_rules.in_force(connection), assignment_rules.rotas(connection)
    teams = sorted({terms.team for terms in rules.values()})
    rosters = {team: Roster(rotas.get(team, 0), workload.open_things(connection, team)) for team in teams}
    return {"rules": tuple(sorted(rules)), "rosters": rosters}
