"""Events for tests of routing: of one subject, of two subjects, and for everyone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from commands.shared.commit import Commit, NewEvent
from domain.shared.events import Actor, Context, Event
from domain.shared.ids import new_id
from infra.event_store.mapper import Mapper
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault


class Made(Event, frozen=True, tag="crm.thing.made.v1"):
    size: int


class Joined(Event, frozen=True, tag="crm.thing.joined.v1"):
    other: UUID

    def concerns(self) -> tuple[UUID, ...]:
        return (self.other,)


class Announced(Event, frozen=True, tag="crm.thing.announced.v1"):
    words: str

    def everyone(self) -> bool:
        return True


NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def store_at(database_url: str) -> EventStore:
    return EventStore(PostgresRecorder(database_url), Mapper([Made, Joined, Announced]), Vault(b"k" * 32))


def new_event(event: Event, stream: UUID | None = None, version: int = 1) -> NewEvent:
    stream = stream or new_id()
    context = Context(
        now=NOW, actor=Actor(type="system", id="test"), correlation_id=new_id(), causation_id=new_id(), command_id=new_id()
    )
    return NewEvent(stream, version, event, context.metadata(event.subject(stream), event, ()))


def commit(store: EventStore, events: Iterable[Event]) -> Sequence[int]:
    """Commits the events together, each in a stream of its own; returns the positions."""
    return store.commit(Commit(new_id(), [new_event(event) for event in events], {})).positions


def mixed(count: int, start: int = 0) -> list[Event]:
    """Events, most of them of one subject. Every seventh event is of two subjects, every fortieth is for everyone."""
    return [_mixed(number) for number in range(start, start + count)]


def _mixed(number: int) -> Event:
    if number % 40 == 39:
        return Announced(words=f"hear {number}")
    return Joined(other=new_id()) if number % 7 == 6 else Made(size=number)
