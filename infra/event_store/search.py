"""Search in the log itself, which is the source of truth: always complete and never behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.shared.events import Metadata
from infra.event_store.mapper import Stored, read_metadata
from infra.event_store.store import EventStore

PORTION = 1_000


class Criteria(msgspec.Struct, frozen=True):
    """Which events to find; None and empty match all. Time ranges are half-open: start included, end excluded."""

    types: frozenset[str] = frozenset()
    subject: UUID | None = None
    stream: UUID | None = None
    actor: str | None = None
    irregular: str | None = None
    correlation: UUID | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None

    def wants(self, stored: Stored, metadata: Metadata) -> bool:
        return (
            (self.stream is None or stored.stream == self.stream)
            and (self.subject is None or self.subject in (metadata.subject, *metadata.concerns))
            and (self.actor is None or metadata.actor.id == self.actor)
            and (self.irregular is None or self.irregular in metadata.irregular)
            and (self.correlation is None or metadata.correlation_id == self.correlation)
            and _within(metadata.recorded_at, self.recorded_from, self.recorded_to)
            and _within(metadata.occurred_at, self.occurred_from, self.occurred_to)
        )

    def wants_type(self, type: str) -> bool:
        """Whether the type is one of `types`, or matches one of them that ends in `.*`, such as `crm.order.*`."""
        return not self.types or any(
            type == wanted or (wanted.endswith(".*") and type.startswith(wanted[:-1])) for wanted in self.types
        )


def search(store: EventStore, criteria: Criteria, after: int, upto: int) -> Iterator[tuple[int, list[Stored]]]:
    """Reads the log after `after` up to `upto` in portions. Yields each portion's last position and its matching events."""
    while after < upto:
        portion = store.log(after, PORTION, upto)
        after = portion[-1].position if len(portion) == PORTION else upto
        wanted = [one for one in portion if criteria.wants_type(one.type) and criteria.wants(one, read_metadata(one.state))]
        yield after, wanted


def shown(store: EventStore, events: list[Stored], personal: bool) -> list[dict[str, Any]]:
    """Events as people read them. Personal values are included if `personal` is true and their key exists."""
    keys = store.keys(events) if personal else {}
    return [
        {
            "position": one.position,
            "stream": one.stream,
            "version": one.version,
            "type": one.type,
            "metadata": read_metadata(one.state),
            "data": {name: value for name, value in store.opened(one, keys).items() if name != "type"},
        }
        for one in events
    ]


def _within(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or moment >= start) and (end is None or moment < end)
