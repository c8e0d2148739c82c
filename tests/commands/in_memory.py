"""A unit of work without a store: it keeps aggregates in one dictionary and numbers in another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from commands.shared.commit import ContactKey
from domain.customers.customer.customer import Customer
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Context, Event
from domain.shared.refusals import NumberTaken

A = TypeVar("A", bound=Aggregate)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class InMemory:
    def __init__(self, context: Context | None = None) -> None:
        self.context = context or Context(now=NOW, actor=Actor(type="user", id="u-1"))
        self.aggregates: dict[UUID, Any] = {}
        self.numbers: dict[tuple[str, str], UUID] = {}

    def load(self, kind: type[A], id: UUID) -> A:
        aggregate: A = self.aggregates.setdefault(id, kind(id))
        return aggregate

    def existing(self, kind: type[A], id: UUID) -> A:
        return self.load(kind, id).require()

    def claim(self, register: str, number: str, holder: UUID) -> str:
        if self.numbers.setdefault((register, number), holder) != holder:
            raise NumberTaken(f"Another {register} already has the number {number}.")
        return number

    def next_number(self, register: str, holder: UUID) -> str:
        return self.claim(register, str(len(self.numbers) + 1), holder)

    def holders(self, contacts: Iterable[ContactKey]) -> set[UUID]:
        asked = set(contacts)
        return {id for id, one in self.aggregates.items() if isinstance(one, Customer) and asked & one.contact_keys()}

    def facts(self, id: UUID) -> list[Event]:
        """The events recorded in the stream, in order."""
        return [event for event, _ in self.aggregates[id].pending] if id in self.aggregates else []
