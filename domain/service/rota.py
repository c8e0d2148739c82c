"""A team's rota: the agent who got the latest assignment by each rule, and the tickets and leads that wait for an agent."""

from __future__ import annotations

from collections import Counter, deque
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.ids import derived_id
from domain.shared.reference import Reference

REMEMBERED = 1000
NOBODY_AVAILABLE = "nobody-available"


class TurnTaken(Event, frozen=True, tag="crm.rota.turn_taken.v1"):
    """The assignment rule with the code `rule` gave the ticket or lead `given` to `agent`."""

    team: str
    rule: str
    agent: str
    given: Reference

    def apply(self, rota: Rota, metadata: Metadata) -> None:
        rota.last[self.rule] = self.agent
        rota.turns.append((rota.version, self.agent))
        rota.waiting.pop(self.given, None)


class Queued(Event, frozen=True, tag="crm.rota.queued.v1"):
    """No member of the team was available, so the ticket or lead `given` waits."""

    team: str
    rule: str
    given: Reference

    def apply(self, rota: Rota, metadata: Metadata) -> None:
        rota.waiting[self.given] = None


class Left(Event, frozen=True, tag="crm.rota.left.v1"):
    """The ticket or lead `given` no longer waits: it has an owner, it has ended, or no rule gives it to this team any more."""

    given: Reference

    def apply(self, rota: Rota, metadata: Metadata) -> None:
        rota.waiting.pop(self.given, None)


class Rota(Aggregate):
    """`last` is the agent of the last turn, by rule; `turns` are the latest turns, each with its version.

    `waiting` are the waiting tickets and leads, the longest wait first.
    """

    name = "rota"
    events = (TurnTaken, Queued, Left)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.last: dict[str, str] = {}
        self.turns: deque[tuple[int, str]] = deque(maxlen=REMEMBERED)
        self.waiting: dict[Reference, None] = {}

    @decision
    def take_turn(self, context: Context, *, team: str, rule: str, agent: str, given: Reference) -> None:
        self.record(context, TurnTaken(team=team, rule=rule, agent=agent, given=given))

    @decision
    def queue(self, context: Context, *, team: str, rule: str, given: Reference) -> None:
        """Records nothing if the ticket or lead already waits."""
        if given not in self.waiting:
            self.record(context, Queued(team=team, rule=rule, given=given), NOBODY_AVAILABLE)

    @decision
    def leave(self, context: Context, given: Reference) -> None:
        if given in self.waiting:
            self.record(context, Left(given=given))

    def turns_since(self, version: int) -> Counter[str]:
        """The number of turns of each agent after this version. Only the latest 1,000 turns are kept."""
        return Counter(agent for at, agent in self.turns if at > version)


def rota_id(team: str) -> UUID:
    return derived_id(Rota.name, team)
