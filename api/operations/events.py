"""The log over HTTP, for auditors: what was recorded, by whom and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from api.shared import exporting, schemas
from api.shared.access import Caller, may
from api.shared.bounds import PAGE
from api.shared.fields import Instant
from api.shared.nearest import unknown
from api.shared.openapi import answers, listed
from api.shared.reading import LARGEST_POSITION, Limit, absent, found, page, within_the_log
from api.shared.routes import Router
from domain.shared.events import type_name
from infra.event_store.search import Criteria, search, shown
from infra.event_store.store import EventStore
from infra.wiring import EVENTS, UPCASTERS

router = Router(prefix="/v1/events", tags=["events"])

SCANNED = 20_000

TYPES = frozenset(map(type_name, EVENTS)) | frozenset(UPCASTERS)
GROUPS = frozenset(f"{type[: place.start()]}.*" for type in TYPES for place in re.finditer(r"\.", type))
"""All types of events that the log may hold, those of old versions too, and the prefixes that select several of them."""

Id = Annotated[str | None, Query(max_length=64, pattern=r"^[\w-]+$")]


def known_type(type: str) -> str:
    """The type, or prefix such as `crm.order.*`. Raises an error of validation if no event can have such a type."""
    if not any(map(Criteria(frozenset({type})).wants_type, TYPES)):
        raise unknown("No event has such a type", type, TYPES | GROUPS)
    return type


Rule = Annotated[str | None, Query(max_length=64, pattern=r"^[a-z0-9-]+$", description="Only facts flagged with this rule.")]
Types = Annotated[
    tuple[Annotated[str, AfterValidator(known_type)], ...],
    Query(max_length=50, description="Event types, or prefixes such as `crm.order.*`.", examples=[["crm.order.*"]]),
]
Moment = Annotated[Instant | None, Query()]
Position = Annotated[int | None, Query(ge=0, le=LARGEST_POSITION)]


async def criteria(
    type: Types = (),
    subject: UUID | None = None,
    stream: UUID | None = None,
    actor: Id = None,
    irregular: Rule = None,
    correlation: UUID | None = None,
    recorded_from: Moment = None,
    recorded_to: Moment = None,
    occurred_from: Moment = None,
    occurred_to: Moment = None,
) -> Criteria:
    return Criteria(
        frozenset(type),
        subject,
        stream,
        actor,
        irregular,
        correlation,
        recorded_from,
        recorded_to,
        occurred_from,
        occurred_to,
    )


LOG = listed(schemas.EVENT)
LOG[200]["content"][exporting.NDJSON] = {"schema": schemas.EVENT}


@router.get("", responses=LOG)
async def events(
    request: Request,
    caller: Annotated[Caller, may("events:read", PAGE)],
    wanted: Annotated[Criteria, Depends(criteria)],
    cursor: Annotated[int, Query(ge=0, le=LARGEST_POSITION, description="Only events after this position.")] = 0,
    upto: Annotated[Position, Query(description="Only events up to this position.")] = None,
    limit: Limit = 100,
) -> Response:
    """The log in position order, in pages; with `Accept: application/x-ndjson` all of it in one stream.

    A page may contain fewer events than `limit` and still have a next page, because it searches about 20,000 events at most. A
    position that the log does not have is refused with 422.
    """
    store: EventStore = request.app.state.store
    head = await run_in_threadpool(store.head)
    end = head if upto is None else upto
    within_the_log(max(cursor, end), head)
    personal = caller.may("personal:read")
    if exporting.wanted(request) == exporting.NDJSON:
        lines = _lines(store, wanted, cursor, end, personal)
        return StreamingResponse(lines, media_type=exporting.NDJSON, headers={"Position": str(end)})
    items, reached = await run_in_threadpool(_page, store, wanted, cursor, end, limit, personal)
    return page(request, items, str(reached) if reached < end else None, end)


@router.get("/{position}", responses=answers(schemas.EVENT, 404))
async def event(
    request: Request, caller: Annotated[Caller, may("events:read")], position: Annotated[int, Path(ge=1, le=LARGEST_POSITION)]
) -> Response:
    """One event by its position."""
    store: EventStore = request.app.state.store
    stored = await run_in_threadpool(store.log, position - 1, 1, position)
    if not stored:
        return absent("event", position, await run_in_threadpool(store.head))
    (one,) = await run_in_threadpool(shown, store, stored, caller.may("personal:read"))
    return found(request, one, position)


def _page(
    store: EventStore, wanted: Criteria, after: int, end: int, limit: int, personal: bool
) -> tuple[list[dict[str, object]], int]:
    """The events of the page, and the position up to which the log was searched."""
    events = []
    reached = after
    for reached, portion in search(store, wanted, after, end):
        events += portion
        if len(events) >= limit or reached - after >= SCANNED:
            break
    if len(events) > limit:
        events = events[:limit]
        reached = events[-1].position
    return shown(store, events, personal), reached


def _lines(store: EventStore, wanted: Criteria, after: int, end: int, personal: bool) -> Iterator[bytes]:
    for _, portion in search(store, wanted, after, end):
        for one in shown(store, portion, personal):
            yield msgspec.json.encode(one) + b"\n"
