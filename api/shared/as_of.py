"""A resource as it was at a version or moment, by folding its events again; and its history, with the changes of each event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Request
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.shared.fields import instant
from api.shared.problems import Problem
from api.shared.reading import within_the_log
from domain.shared.aggregate import FUTURE_TOLERANCE, Aggregate
from domain.shared.events import Recorded
from infra.event_store.search import shown
from infra.event_store.store import EventStore
from projections.shared.projection import Projection
from projections.shared.replay import folded, states

Row = Mapping[str, Any]
One = Callable[[Connection, UUID], Row | None]


class Moment(msgspec.Struct, frozen=True):
    """The moment that the request asks for. All None means now."""

    version: int | None = None
    position: int | None = None
    instant: datetime | None = None

    @property
    def now(self) -> bool:
        return self == Moment()

    def includes(self, recorded: Recorded) -> bool:
        return (
            (self.version is None or recorded.version <= self.version)
            and (self.position is None or recorded.position <= self.position)
            and (self.instant is None or recorded.metadata.recorded_at <= self.instant)
        )


def _position_or_instant(text: str) -> str:
    if not _position(text):
        try:
            instant(text)
        except ValueError as error:
            detail = f"as_of is neither a position nor a moment: {error}"
            raise PydanticCustomError("no_moment", "{detail}", {"detail": detail}) from None
    return text


def _position(text: str) -> bool:
    return text.isdecimal() and text.isascii()


async def moment(
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Show the resource as of this version.")] = None,
    as_of: Annotated[
        Annotated[str, AfterValidator(_position_or_instant)] | None,
        Query(
            max_length=40,
            description="Show the resource as of this recording time, or as of this position in the log.",
            examples=["2026-05-01T10:00:00Z", "1234"],
        ),
    ] = None,
) -> Moment:
    if as_of is None:
        return Moment(version)
    if _position(as_of):
        return Moment(version, position=int(as_of))
    at = instant(as_of)
    if at > datetime.now(UTC) + FUTURE_TOLERANCE:
        raise Problem(422, "beyond-the-log", f"as_of is in the future: nothing is recorded at {at.isoformat()} yet.")
    return Moment(version, instant=at)


When = Annotated[Moment, Depends(moment)]


class Resource(msgspec.Struct, frozen=True):
    """A resource that can be read: its aggregate, its read model, and the query for one row."""

    kind: type[Aggregate]
    projection: Projection
    one: One


async def as_of(request: Request, resource: Resource, id: UUID, when: Moment) -> tuple[Row | None, int]:
    """The resource at that moment, and the head of the log now. None if it did not exist then, or has no such version.

    Raises Problem 422 for a position that the log does not have.
    """
    store: EventStore = request.app.state.store

    def look() -> tuple[Row | None, int]:
        head = store.head()
        within_the_log(when.position or 0, head)
        events = _events(store, resource, id)
        known = list(takewhile(when.includes, events))
        if when.version is not None and when.version > len(events):
            return None, head
        with folded(resource.projection, known) as rows:
            return (resource.one(rows.connection, id) if known else None), head

    return await run_in_threadpool(look)


async def history(
    request: Request, resource: Resource, id: UUID, personal: bool, hide: Callable[[Row], Row]
) -> tuple[list[Row], int]:
    """The stream's events in order, each with its changes to the resource: `{field: {before, after}}`."""
    store: EventStore = request.app.state.store

    def look() -> tuple[list[Row], int]:
        head = store.head()
        events = _events(store, resource, id)
        seen = shown(store, store.stream(id)[: len(events)], personal)
        changes = [
            _changes(hide(before or {}), hide(after or {}))
            for _, before, after in states(resource.projection, events, lambda connection: resource.one(connection, id))
        ]
        return [event | {"changes": change} for event, change in zip(seen, changes, strict=True)], head

    return await run_in_threadpool(look)


def _events(store: EventStore, resource: Resource, id: UUID) -> Sequence[Recorded]:
    events = store.streams([id]).get(id, ())
    return events if events and type(events[0].event) in resource.kind.events else ()


CHANGED_BY_EVERY_EVENT = ("position", "version")


def _changes(before: Row, after: Row) -> dict[str, dict[str, Any]]:
    return {
        field: {"before": before.get(field), "after": after.get(field)}
        for field in dict.fromkeys((*before, *after))
        if field not in CHANGED_BY_EVERY_EVENT and before.get(field) != after.get(field)
    }
