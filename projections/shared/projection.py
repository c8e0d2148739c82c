"""What a read model is: tables, and how a batch of events changes them.

A row belongs to one subject and depends only on that subject's events and on events for everyone, in position order,
never on the wall clock. What lies across subjects is computed from narrow rows when asked. So any partition count, batch
size, duplicate or order across subjects gives the same rows as one recompute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Table

from domain.shared.events import Event, Recorded, type_name
from projections.shared.rows import Row, Rows


class Delivery(NamedTuple):
    """An event, and which of the subjects it concerns live on this partition."""

    recorded: Recorded
    here: frozenset[UUID]

    @property
    def at_home(self) -> bool:
        """Whether the event's own subject lives here: true on exactly one partition."""
        return self.recorded.metadata.subject in self.here


class Projection(NamedTuple):
    """A read model. `version` rises when `apply` or a table changes its meaning; then the read model is rebuilt.

    `reads` may name the types of the events it reads, so that others need not be decoded. A type stands for all its
    versions, since older ones arrive as the newest.
    """

    name: str
    version: int
    tables: Sequence[Table]
    apply: Callable[[Sequence[Delivery], Rows], None]
    reads: frozenset[str] | None = None

    def wants(self, type: str) -> bool:
        return self.reads is None or _names(self.reads, type)


def types(*events: type[Event]) -> frozenset[str]:
    """The types of these events, for a projection to read."""
    return frozenset(map(type_name, events))


def own(batch: Sequence[Delivery], events: Sequence[type[Event]]) -> list[Recorded]:
    """The events of these kinds that are at home here."""
    kinds = tuple(events)
    return [recorded for recorded, here in batch if recorded.metadata.subject in here and isinstance(recorded.event, kinds)]


@lru_cache(maxsize=8192)
def _names(reads: frozenset[str], type: str) -> bool:
    return _fact(type) in {_fact(read) for read in reads}


def _fact(type: str) -> str:
    """`crm.order.placed` of `crm.order.placed.v1`."""
    return type.rpartition(".v")[0]


def envelope(recorded: Recorded) -> Row:
    """What an event says beside its facts: its place in the log, who did it, and when."""
    told = recorded.metadata
    return {
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "type": recorded.type,
        "actor_type": told.actor.type,
        "actor_id": told.actor.id,
        "on_behalf_of": told.on_behalf_of,
        "origin": told.origin,
        "recorded_at": told.recorded_at,
        "occurred_at": told.occurred_at,
        "occurred_precision": told.occurred_precision,
    }


def progress(before: Row | None, recorded: Recorded) -> Row:
    """How far an aggregate's row is, and how many rules its events broke."""
    irregular = before["irregular"] if before else 0
    told = {"position": recorded.position, "version": recorded.version}
    return told | {"irregular": irregular + len(recorded.metadata.irregular)}
