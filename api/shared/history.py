"""The history of a resource in pages: each event of its stream, with its changes to the resource."""

from __future__ import annotations

import base64
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from fastapi import Depends, Request

from api.shared.admission import in_its_thread
from api.shared.as_of import Resource, Row
from api.shared.folding import FOLDED, is_of, portions
from api.shared.reading import Cursor, Limit
from commands.shared.commit import Unreadable
from infra.event_store.mapper import Stored
from infra.event_store.showing import shown
from infra.event_store.store import EventStore
from projections.shared.pages import MalformedCursor
from projections.shared.replay import Fold, folded

Changes = dict[str, dict[str, Any]]
CHANGED_BY_EVERY_EVENT = ("position", "version")
BEYOND = f"The changes are null after the {FOLDED:,}th event, and from an event on that cannot be read."


class Part(NamedTuple):
    """The part of a history that a request asks for."""

    limit: int
    cursor: str | None


async def _part(limit: Limit = 100, cursor: Cursor = None) -> Part:
    return Part(limit, cursor)


AskedPart = Annotated[Part, Depends(_part)]


async def history(
    request: Request, resource: Resource, id: UUID, part: Part, personal: bool, hide: Callable[[Row], Row]
) -> tuple[Sequence[Row], str | None, int]:
    """A page of the stream's events in order, the cursor of the next page, and the head of the log.

    Each event has its changes to the resource, `{field: {before, after}}`. The events before the page are folded together. A
    page that ends after `FOLDED` events has no changes (null), nor has any event from one on that cannot be read.
    Raises MalformedCursor.
    """
    store: EventStore = request.app.state.store

    def look() -> tuple[Sequence[Row], str | None, int]:
        head = store.head()
        after = _version(part.cursor, id)
        first, events = store.part(id, 1, 1), store.part(id, after + 1, after + part.limit + 1)
        if not first or not is_of(resource.kind, first[0]):
            return [], None, head
        events, more = events[: part.limit], len(events) > part.limit
        changes = _changes(store, resource, id, events, hide)
        rows: list[Row] = [
            event | {"changes": change} for event, change in zip(shown(store, events, personal), changes, strict=True)
        ]
        return rows, _cursor(id, events[-1].version) if more else None, head

    return await in_its_thread(request, look)


def _changes(
    store: EventStore, resource: Resource, id: UUID, events: Sequence[Stored], hide: Callable[[Row], Row]
) -> list[Changes | None]:
    found: list[Changes | None] = [compared(*state) for state in states(store, resource, id, events, hide)]
    return [*found, *[None] * (len(events) - len(found))]


def states(
    store: EventStore, resource: Resource, id: UUID, events: Sequence[Stored], hide: Callable[[Row], Row]
) -> Generator[tuple[Row, Row]]:
    """The resource before and after each of these events of its stream, which follow each other; `{}` before its first one.

    None of them if the last one comes after `FOLDED` events. Ends before an event that cannot be read: what follows it is not
    known.
    """
    if events and events[-1].version <= FOLDED:
        with folded(resource.projection) as fold:
            try:
                for portion in portions(store, id, events[0].version - 1):
                    fold.apply(store.decode(portion))
            except Unreadable:
                return
            yield from _each(store, fold, events, lambda: hide(resource.one(fold.connection, id) or {}))


def _each(store: EventStore, fold: Fold, events: Sequence[Stored], row: Callable[[], Row]) -> Iterator[tuple[Row, Row]]:
    keys, before = store.keys(events), row()
    for event in events:
        try:
            recorded = store.decode_one(event, keys)
        except Unreadable:
            return
        fold.apply([recorded])
        after = row()
        yield before, after
        before = after


def compared(before: Row, after: Row) -> Changes:
    """The fields that differ, without those that every event changes."""
    return {
        field: {"before": before.get(field), "after": after.get(field)}
        for field in dict.fromkeys((*before, *after))
        if field not in CHANGED_BY_EVERY_EVENT and before.get(field) != after.get(field)
    }


def _cursor(stream: UUID, version: int) -> str:
    """The cursor after this version. It names the stream, so that a cursor of another list is recognised."""
    return base64.urlsafe_b64encode(msgspec.json.encode(("history", stream, version))).decode()


def _version(cursor: str | None, stream: UUID) -> int:
    if cursor is None:
        return 0
    try:
        name, of, version = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[str, UUID, int])
    except ValueError:
        raise MalformedCursor from None
    if (name, of) != ("history", stream) or not 0 < version < 2**31 - 1000:
        raise MalformedCursor
    return version
