"""A sentence for each event of the log, in Chinese and in English. It has no personal data: it is made without keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from commands.shared.commit import Unreadable
from domain.shared.events import Event
from infra.event_store.mapper import Stored
from infra.event_store.store import EventStore
from projections.shared.readable import Line, line, plain_values


def sentences_of(store: EventStore, events: Sequence[Stored]) -> list[Line | None]:
    """The sentence of each event, as the timeline of a customer has it. None if the event's type is damaged.

    The number and the currency of a thing are in its first event, so the first event of each stream is read too. The sentence
    of an event that cannot be read has only the thing and the fact.
    """
    first = {one.stream: one for one in events if one.version == 1}
    first |= store.first({one.stream for one in events} - first.keys())
    return [_sentence(store, one, first) for one in events]


def _sentence(store: EventStore, stored: Stored, first: Mapping[UUID, Stored]) -> Line | None:
    began = _event(store, first.get(stored.stream))
    event = _event(store, stored)
    values = {} if event is None else plain_values(event)
    try:
        return line(stored.type, values, _text(began, "number"), _text(began, "currency"))
    except ValueError:
        return None


def _event(store: EventStore, stored: Stored | None) -> Event | None:
    """The event without personal data; None if it cannot be read."""
    try:
        return None if stored is None else store.decode_plain(stored).event
    except Unreadable:
        return None


def _text(event: Event | None, field: str) -> str | None:
    value: Any = getattr(event, field, None)
    return value if isinstance(value, str) else None
