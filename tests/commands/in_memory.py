"""A unit of work that keeps everything in memory, for tests of commands."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from domain.aggregate import Aggregate
from domain.events import Context, Event
from domain.refusals import NotThere, NumberTaken

A = TypeVar("A", bound=Aggregate)


class InMemory:
    """What commands recorded stays; set `context` to go on under other circumstances."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._aggregates: dict[UUID, Aggregate] = {}
        self._numbers: dict[tuple[str, str], UUID] = {}

    def load(self, kind: type[A], id: UUID) -> A:
        aggregate = self._aggregates.setdefault(id, kind(id))
        if not isinstance(aggregate, kind):
            raise NotThere(f"There is no {kind.name} {id}.", id=id)
        return aggregate

    def existing(self, kind: type[A], id: UUID) -> A:
        return self.load(kind, id).require()

    def claim(self, register: str, number: str, holder: UUID) -> str:
        if self._numbers.setdefault((register, number), holder) != holder:
            raise NumberTaken(f"Another {register} already has the number {number}.")
        return number

    def next_number(self, register: str, holder: UUID) -> str:
        number = 1
        while (register, str(number)) in self._numbers:
            number += 1
        return self.claim(register, str(number), holder)

    def facts(self, id: UUID) -> list[Event]:
        """All that was recorded of an aggregate, in order."""
        return [event for event, _ in self._aggregates[id].pending]
