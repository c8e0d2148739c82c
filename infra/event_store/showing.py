"""Events as people read them, with the faults of those that are damaged in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from infra.event_store.mapper import Stored
from infra.event_store.store import EventStore
from infra.event_store.vault import SubjectKey


def shown(store: EventStore, events: Sequence[Stored], personal: bool) -> list[dict[str, Any]]:
    """Events as people read them. Personal values are included if `personal` is true and their key exists.

    An event of which something cannot be read has `faults`, each with a `field` and a `reason`.
    """
    keys = store.keys(events) if personal else {}
    return [_shown(store, one, keys) for one in events]


def lines(store: EventStore, events: Sequence[Stored], personal: bool) -> bytes:
    """The same as NDJSON."""
    return b"".join(msgspec.json.encode(event) + b"\n" for event in shown(store, events, personal))


def _shown(store: EventStore, one: Stored, keys: Mapping[UUID, SubjectKey]) -> dict[str, Any]:
    metadata, data, faults = store.seen(one, keys)
    event = {
        "position": one.position,
        "stream": one.stream,
        "version": one.version,
        "type": one.type,
        "metadata": metadata,
        "data": data,
    }
    return event | {"faults": faults} if faults else event
