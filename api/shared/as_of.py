"""A resource as it was at a version or moment, by folding its events again.

There are two moments. `as_of` is what was recorded by then: a part of the log from its beginning. `effective_at` is what had
happened by then: a selection of the events by their `occurred_at`, folded in the order in which they were recorded, as always.
Both together are what was known then of what had happened then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Request
from msgspec import structs
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection

from api.shared.admission import in_its_thread
from api.shared.fields import Instant, instant
from api.shared.folding import FOLDED, is_of, portions
from api.shared.problems import Problem
from api.shared.reading import within_the_log
from domain.shared.aggregate import FUTURE_TOLERANCE, Aggregate
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.search import recorded_by
from infra.event_store.store import EventStore
from projections.shared.projection import Projection
from projections.shared.replay import folded

Row = Mapping[str, Any]
One = Callable[[Connection, UUID], Row | None]

TOO_MANY = f"More than {FOLDED:,} events come before this moment. GET /v1/events?stream= lists them."

AS_OF = (
    "Show what was recorded by this time, or up to this position in the log. A time in the future and a position that the log"
    " has not reached are refused."
)
EFFECTIVE_AT = (
    "Show what had happened by this moment, as far as it is known now, or with `as_of` as far as it was known then: the events"
    " with `occurred_at` up to this moment, in the order in which they were recorded. A fact known only by its day or month"
    " counts from the first moment of that day or month in its own zone; a correction counts from its own `occurred_at`. A"
    " thing begins with its first event: before that one's `occurred_at` the answer is 404, which says when it begins."
)


class Moment(msgspec.Struct, frozen=True):
    """The moment that the request asks for; all conditions that are not None hold together. All None means now.

    `version`, `position` and `instant` say what was recorded by then, `effective_at` what had happened by then.
    """

    version: int | None = None
    position: int | None = None
    instant: datetime | None = None
    effective_at: datetime | None = None

    @property
    def now(self) -> bool:
        return self == Moment()

    def includes(self, stored: Stored) -> bool:
        """Whether the event was recorded by then. If its metadata cannot be read, that is not known: it counts as included."""
        if (self.version is not None and stored.version > self.version) or (
            self.position is not None and stored.position > self.position
        ):
            return False
        metadata = None if self.instant is None else metadata_of(stored)
        return self.instant is None or metadata is None or metadata.recorded_at <= self.instant

    def has_happened(self, stored: Stored) -> bool:
        """Whether what the event records had happened by then. If its metadata cannot be read, it counts as included."""
        metadata = None if self.effective_at is None else metadata_of(stored)
        return self.effective_at is None or metadata is None or metadata.occurred_at <= self.effective_at

    def happened(self, events: Iterable[Stored]) -> list[Stored]:
        """Those of the events that had happened by then, in their order."""
        return list(events) if self.effective_at is None else [one for one in events if self.has_happened(one)]

    def require_begun(self, first: Stored, name: str) -> None:
        """Raises Problem 404 if the thing's first event had not happened by then: the thing begins with it."""
        metadata = None if self.has_happened(first) else metadata_of(first)
        if metadata is not None:
            begins = metadata.occurred_at.isoformat().replace("+00:00", "Z")
            detail = f"The {name} begins at {begins}: before that moment nothing of it had happened. Ask for {begins} or later."
            raise Problem(404, "not-there", detail)


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


AsOf = Annotated[
    Annotated[str, AfterValidator(_position_or_instant)] | None,
    Query(max_length=40, description=AS_OF, examples=["2026-05-01T10:00:00Z", "1234"]),
]
EffectiveAt = Annotated[Instant | None, Query(description=EFFECTIVE_AT, examples=["1997-06-01T00:00:00Z"])]


async def then(as_of: AsOf = None, effective_at: EffectiveAt = None) -> Moment:
    if effective_at is not None and effective_at > datetime.now(UTC) + FUTURE_TOLERANCE:
        detail = f"effective_at is in the future: what will have happened by {effective_at.isoformat()} is not known."
        raise Problem(422, "beyond-the-log", detail)
    if as_of is None:
        return Moment(effective_at=effective_at)
    if _position(as_of):
        return Moment(position=int(as_of), effective_at=effective_at)
    at = instant(as_of)
    if at > datetime.now(UTC) + FUTURE_TOLERANCE:
        raise Problem(422, "beyond-the-log", f"as_of is in the future: nothing is recorded at {at.isoformat()} yet.")
    return Moment(instant=at, effective_at=effective_at)


Then = Annotated[Moment, Depends(then)]


async def moment(
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Show the resource as of this version.")] = None,
    as_of: AsOf = None,
    effective_at: EffectiveAt = None,
) -> Moment:
    """Takes the parameters itself: a dependency within a dependency would cost every read of one thing."""
    recorded = await then(as_of, effective_at)
    return recorded if version is None else structs.replace(recorded, version=version)


When = Annotated[Moment, Depends(moment)]


class Resource(msgspec.Struct, frozen=True):
    """A resource that can be read: its aggregate, its read model, and the query for one row."""

    kind: type[Aggregate]
    projection: Projection
    one: One

    @property
    def name(self) -> str:
        """The resource's name in messages."""
        return self.kind.name.replace("_", " ")


async def as_of(request: Request, resource: Resource, id: UUID, when: Moment) -> tuple[Row | None, int]:
    """The resource at that moment, and the head of the log now. None if it did not exist then, or has no such version.

    Raises Problem 404 if it begins later than `effective_at`; 422 for a position that the log does not have, and if more than
    `FOLDED` events come before the moment. Raises Unreadable if one of them is damaged.
    """
    store: EventStore = request.app.state.store

    def look() -> tuple[Row | None, int]:
        head = store.head()
        within_the_log(when.position or 0, head)
        if when.version is not None and when.version > store.version(id):
            return None, head
        return _row_at(store, resource, id, when), head

    return await in_its_thread(request, look)


async def reached_by(request: Request, when: Moment) -> int | None:
    """The last position that was recorded by that moment; None if the request names none.

    Raises Problem 422 for a position that the log does not have.
    """
    store: EventStore = request.app.state.store

    def look() -> int | None:
        if when.instant is not None:
            return recorded_by(store, when.instant)
        within_the_log(when.position or 0, store.head())
        return when.position

    return None if when.position is None and when.instant is None else await in_its_thread(request, look)


def _row_at(store: EventStore, resource: Resource, id: UUID, when: Moment) -> Row | None:
    with folded(resource.projection) as fold:
        for portion in portions(store, id, FOLDED + 1):
            if portion[0].version == 1:
                if not (is_of(resource.kind, portion[0]) and when.includes(portion[0])):
                    return None
                when.require_begun(portion[0], resource.name)
            known = list(takewhile(when.includes, portion))
            if known and known[-1].version > FOLDED:
                raise Problem(422, "too-many-events", TOO_MANY)
            fold.apply(store.decode(when.happened(known)))
            if len(known) < len(portion):
                break
        return resource.one(fold.connection, id)
