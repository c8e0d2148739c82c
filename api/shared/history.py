"""The history of a resource in pages: each event of its stream, with its changes to the resource.

At a moment, it is the events that the resource is folded from as of that moment, so the changes are those between them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice, takewhile
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from fastapi import Depends, Request

from api.shared.admission import in_its_thread
from api.shared.as_of import Moment, Resource, Row, Then
from api.shared.folding import FOLDED, is_of, portions
from api.shared.reading import Cursor, Limit, Sentences, within_the_log
from commands.shared.commit import Unreadable
from infra.event_store.mapper import Stored
from infra.event_store.showing import shown
from infra.event_store.store import EventStore
from projections.shared.pages import MalformedCursor
from projections.shared.replay import Fold, folded

Changes = dict[str, dict[str, Any]]
NOW = Moment()
CHANGED_BY_EVERY_EVENT = ("position", "version")
BEYOND = f"The changes are null after the {FOLDED:,}th event, and from an event on that cannot be read."


class Part(NamedTuple):
    """The part of a history that a request asks for."""

    limit: int
    cursor: str | None
    when: Moment
    sentences: bool = False


async def _part(when: Then, limit: Limit = 100, cursor: Cursor = None, sentences: Sentences = False) -> Part:
    return Part(limit, cursor, when, sentences)


AskedPart = Annotated[Part, Depends(_part)]


async def history(
    request: Request, resource: Resource, id: UUID, part: Part, personal: bool, hide: Callable[[Row], Row]
) -> tuple[Sequence[Row], str | None, int]:
    """A page of the stream's events in order, the cursor of the next page, and the head of the log.

    Each event has its changes to the resource, `{field: {before, after}}`. The events before the page are folded together. A
    page that ends after `FOLDED` events has no changes (null), nor has any event from one on that cannot be read. As of a
    moment, a page looks at `FOLDED` events at most, so it may be shorter than its limit though there is a next one.
    Raises MalformedCursor, and Problem 404 if the resource begins later than the moment.
    """
    store: EventStore = request.app.state.store

    def look() -> tuple[Sequence[Row], str | None, int]:
        head = store.head()
        within_the_log(part.when.position or 0, head)
        after = _version(part.cursor, id)
        first, (events, reached) = store.part(id, 1, 1), _events(store, id, after, part)
        if not first or not is_of(resource.kind, first[0]) or not part.when.includes(first[0]):
            return [], None, head
        part.when.require_begun(first[0], resource.name)
        changes = _changes(store, resource, id, events, part.when, hide)
        seen = shown(store, events, personal, sentences=part.sentences)
        rows: list[Row] = [event | {"changes": change} for event, change in zip(seen, changes, strict=True)]
        return rows, None if reached is None else _cursor(id, reached), head

    return await in_its_thread(request, look)


def _events(store: EventStore, id: UUID, after: int, part: Part) -> tuple[Sequence[Stored], int | None]:
    """The events of the page, and the version after which the next page begins; None if there is no next page."""
    if part.when.now:
        events = store.part(id, after + 1, after + part.limit + 1)
        return events[: part.limit], events[part.limit - 1].version if len(events) > part.limit else None
    looked_at = after
    known = takewhile(part.when.includes, (one for portion in portions(store, id, after + FOLDED, after) for one in portion))

    def happened() -> Iterator[Stored]:
        nonlocal looked_at
        for one in known:
            if part.when.has_happened(one):
                yield one
            looked_at = one.version

    found = list(islice(happened(), part.limit + 1))
    if len(found) > part.limit:
        return found[: part.limit], found[part.limit - 1].version
    return found, looked_at if looked_at == after + FOLDED else None


def _changes(
    store: EventStore, resource: Resource, id: UUID, events: Sequence[Stored], when: Moment, hide: Callable[[Row], Row]
) -> list[Changes | None]:
    found: list[Changes | None] = [compared(*state) for state in states(store, resource, id, events, hide, when)]
    return [*found, *[None] * (len(events) - len(found))]


def states(
    store: EventStore,
    resource: Resource,
    id: UUID,
    events: Sequence[Stored],
    hide: Callable[[Row], Row],
    when: Moment = NOW,
) -> Generator[tuple[Row, Row]]:
    """The resource before and after each of these events of its stream, which follow each other; `{}` before its first one.

    They are folded from what `when` includes.

    None of them if the last one comes after `FOLDED` events. Ends before an event that cannot be read: what follows it is not
    known.
    """
    if events and events[-1].version <= FOLDED:
        with folded(resource.projection) as fold:
            try:
                for portion in portions(store, id, events[0].version - 1):
                    fold.apply(store.decode(when.happened(portion)))
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
