"""Whenever a ticket is opened or a lead captured without an owner, the rules of assignment give it to somebody.

Where nobody of the team can take it, it waits; whenever somebody can take more, what waits is given. It has to know how much
people have open, so it hears an event when the read models tell all that was recorded until then. That may take a while:
so it follows the log apart from the others, who need not wait.
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
    """What it takes to answer: the log's head, and read models that have come up to it."""

    def __init__(self, store: EventStore, read_models: ReadModels, completeness: Completeness) -> None:
        self._store, self._read_models, self._completeness = store, read_models, completeness

    def policy(self) -> Policy:
        return Policy(NAME, (*BEGUN, *ENDED, AvailabilityChanged, Registered), self._react)

    def _react(self, recorded: Recorded) -> Iterable[Reaction]:
        event, id = recorded.event, recorded.stream
        begun, ended = BEGUN.get(type(event)), ENDED.get(type(event))
        with self._up_to_date() as connection:
            asked = _asked(connection)
            waits = assignment_rules.anything_waits(connection)
        if begun and asked["rules"]:
            yield Reaction(commands.give, asked | {"kind": begun, "id": id})
        elif ended and waits:
            yield Reaction(commands.take_up_after, asked | {"kind": ended, "id": id})
        elif isinstance(event, AvailabilityChanged | Registered) and waits:
            yield Reaction(commands.take_up, asked | {"agent": id})

    @contextmanager
    def _up_to_date(self) -> Iterator[Connection]:
        """The read models as of one moment, with all that was recorded until now. Raises TimeoutError."""
        head, deadline = self._store.head(), time.monotonic() + LONGEST_WAIT
        while True:
            with one_moment(self._read_models) as connection:
                # Another process may have given something since; then what it gave is to be seen too.
                needed = max(head, assignment_rules.last_turn(connection))
                if all(self._completeness.followed_by(connection, name) >= needed for name in READ):
                    yield connection
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{', '.join(READ)} have not come to {needed}")
            time.sleep(PAUSE)


def _asked(connection: Connection) -> dict[str, Any]:
    """The rules in force, and the people of their teams."""
    rules, rotas = assignment_rules.in_force(connection), assignment_rules.rotas(connection)
    teams = sorted({terms.team for terms in rules.values()})
    rosters = {team: Roster(rotas.get(team, 0), workload.open_things(connection, team)) for team in teams}
    return {"rules": tuple(sorted(rules)), "rosters": rosters}
