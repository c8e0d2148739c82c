"""A read model: its tables, and how a batch of events changes them.

A row belongs to one subject. It depends only on that subject's events and on events for everyone, in position order, never on
the wall clock. Figures across subjects are computed from narrow rows at query time. So any partition count, batch size,
duplicate or order across subjects gives the same rows as one recompute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Table

from domain.shared.events import Event, Recorded, type_name
from projections.shared.rows import Row, Rows


class Delivery(NamedTuple):
    """An event as one partition gets it. `here` are the subjects that it concerns and that belong to this partition."""

    recorded: Recorded
    here: frozenset[UUID]

    @property
    def at_home(self) -> bool:
        """Whether the event's own subject belongs to this partition: true on exactly one partition."""
        return self.recorded.metadata.subject in self.here


class Settling(NamedTuple):
    """How events for everyone reach the rows of all subjects later, in portions that commit alone.

    `apply` only keeps such an event. It reaches a subject's rows before the subject's next own event is folded, or with a
    portion, whatever comes first; until then queries add what it changes. Positions: after `after`, and before `before`.

    * `lacks(rows, after, before)`: whether one of these events changes rows.
    * `portion(rows, after, before, cursor)`: lets them reach the next subjects after `cursor`. Returns the cursor of the next
      portion, None after the last one.
    * `whole(rows, after, before)`: lets them reach all subjects.
    """

    lacks: Callable[[Rows, int, int], bool]
    portion: Callable[[Rows, int, int, UUID | None], UUID | None]
    whole: Callable[[Rows, int, int], None]


class Projection(NamedTuple):
    """A read model. Raise `version` when the meaning of `apply` or of a table changes; then the read model is rebuilt.

    `reads` may name the event types it reads, so that other events need not be decoded. A type includes all its versions,
    because upcasters turn older versions into the newest before they arrive. `settling` is for a read model of which one event
    changes the rows of all subjects.
    """

    name: str
    version: int
    tables: Sequence[Table]
    apply: Callable[[Sequence[Delivery], Rows], None]
    reads: frozenset[str] | None = None
    settling: Settling | None = None

    def wants(self, type: str) -> bool:
        return self.reads is None or _names(self.reads, type)

    def wants_any(self, types: Iterable[str]) -> bool:
        return any(map(self.wants, types))


def types(*events: type[Event]) -> frozenset[str]:
    """The type names of these events, for `Projection.reads`."""
    return frozenset(map(type_name, events))


def own(batch: Sequence[Delivery], events: Sequence[type[Event]]) -> list[Recorded]:
    """The events of these kinds whose own subject belongs to this partition."""
    kinds = tuple(events)
    return [recorded for recorded, here in batch if recorded.metadata.subject in here and isinstance(recorded.event, kinds)]


@lru_cache(maxsize=8192)
def _names(reads: frozenset[str], type: str) -> bool:
    return _fact(type) in {_fact(read) for read in reads}


def _fact(type: str) -> str:
    """`crm.order.placed` of `crm.order.placed.v1`."""
    return type.rpartition(".v")[0]


def envelope(recorded: Recorded) -> Row:
    """An event without its payload: its position and stream, who did it, and when."""
    metadata = recorded.metadata
    return {
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "type": recorded.type,
        "actor_type": metadata.actor.type,
        "actor_id": metadata.actor.id,
        "on_behalf_of": metadata.on_behalf_of,
        "origin": metadata.origin,
        "recorded_at": metadata.recorded_at,
        "occurred_at": metadata.occurred_at,
        "occurred_precision": metadata.occurred_precision,
    }


def progress(before: Row | None, recorded: Recorded) -> Row:
    """The position and version of the last event in an aggregate's row, and how many rules its events broke."""
    irregular = before["irregular"] if before else 0
    last = {"position": recorded.position, "version": recorded.version}
    return last | {"irregular": irregular + len(recorded.metadata.irregular)}
