"""A resource as it was at a version or moment, by folding its events again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Request
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection

from api.shared.admission import in_its_thread
from api.shared.fields import instant
from api.shared.folding import FOLDED, is_of, portions
from api.shared.problems import Problem
from api.shared.reading import within_the_log
from domain.shared.aggregate import FUTURE_TOLERANCE, Aggregate
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.store import EventStore
from projections.shared.projection import Projection
from projections.shared.replay import folded

Row = Mapping[str, Any]
One = Callable[[Connection, UUID], Row | None]

TOO_MANY = f"More than {FOLDED:,} events come before this moment. GET /v1/events?stream= lists them."


class Moment(msgspec.Struct, frozen=True):
    """The moment that the request asks for. All None means now."""

    version: int | None = None
    position: int | None = None
    instant: datetime | None = None

    @property
    def now(self) -> bool:
        return self == Moment()

    def includes(self, stored: Stored) -> bool:
        """Whether the event was recorded by then. If its metadata cannot be read, that is not known: it counts as included."""
        if self.instant is not None:
            metadata = metadata_of(stored)
            return metadata is None or metadata.recorded_at <= self.instant
        return (self.version is None or stored.version <= self.version) and (
            self.position is None or stored.position <= self.position
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

    Raises Problem 422 for a position that the log does not have, and if more than `FOLDED` events come before the moment.
    Raises Unreadable if one of them is damaged.
    """
    store: EventStore = request.app.state.store

    def look() -> tuple[Row | None, int]:
        head = store.head()
        within_the_log(when.position or 0, head)
        if when.version is not None and when.version > store.version(id):
            return None, head
        return _row_at(store, resource, id, when), head

    return await in_its_thread(request, look)


def _row_at(store: EventStore, resource: Resource, id: UUID, when: Moment) -> Row | None:
    with folded(resource.projection) as fold:
        for portion in portions(store, id, FOLDED + 1):
            if portion[0].version == 1 and not (is_of(resource.kind, portion[0]) and when.includes(portion[0])):
                return None
            known = list(takewhile(when.includes, portion))
            if known and known[-1].version > FOLDED:
                raise Problem(422, "too-many-events", TOO_MANY)
            fold.apply(store.decode(known))
            if len(known) < len(portion):
                break
        return resource.one(fold.connection, id)
