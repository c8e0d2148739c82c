"""Events as people read them, with the faults of those that are damaged in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from infra.event_store.mapper import Stored
from infra.event_store.sentences import sentences_of
from infra.event_store.store import EventStore
from infra.event_store.vault import SubjectKey


def shown(store: EventStore, events: Sequence[Stored], personal: bool, *, sentences: bool = False) -> list[dict[str, Any]]:
    """Events as people read them. Personal values are included if `personal` is true and their key exists.

    An event of which something cannot be read has `faults`, each with a `field` and a `reason`. With `sentences` each has a
    `sentence` in English and in Chinese, or null if its type is damaged.
    """
    keys = store.keys(events) if personal else {}
    found = [_shown(store, one, keys) for one in events]
    if sentences:
        for event, line in zip(found, sentences_of(store, events), strict=True):
            event["sentence"] = line and line._asdict()
    return found


def lines(store: EventStore, events: Sequence[Stored], personal: bool, *, sentences: bool = False) -> bytes:
    """The same as NDJSON."""
    found = shown(store, events, personal, sentences=sentences)
    return b"".join(msgspec.json.encode(event) + b"\n" for event in found)


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
