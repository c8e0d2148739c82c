"""The log over HTTP, for auditors: what was recorded, by whom and when."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from api.shared import exporting, schemas
from api.shared.access import Caller, may
from api.shared.admission import in_its_thread
from api.shared.bounds import SEARCH
from api.shared.fields import Instant
from api.shared.nearest import unknown
from api.shared.openapi import listed
from api.shared.reading import LARGEST_POSITION, Limit, Sentences, page, within_the_log
from api.shared.routes import Router
from api.shared.sorting import By, sorting
from domain.shared.events import type_name
from infra.event_store.mapper import Stored
from infra.event_store.search import Criteria, search
from infra.event_store.showing import lines, shown
from infra.event_store.store import EventStore
from infra.wiring import EVENTS, UPCASTERS

router = Router(prefix="/v1/events", tags=["events"])

# Portions of the log that one page reads at most.
PORTIONS = 5

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
    causation: UUID | None = None,
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
        causation,
        recorded_from,
        recorded_to,
        occurred_from,
        occurred_to,
    )


Sort = Literal["position"]

LOG = listed(schemas.EVENT)
LOG[200]["content"][exporting.NDJSON] = {"schema": schemas.EVENT}
LOG[200]["headers"] = {
    **LOG[200].get("headers", {}),
    "Searched": {
        "description": "The position that the search has reached: all matching events up to it were returned, or, with"
        " `sort=-position`, all from it on.",
        "schema": {"type": "integer"},
    },
}


@router.get("", responses=LOG)
async def events(
    request: Request,
    caller: Annotated[Caller, may("events:read", SEARCH)],
    wanted: Annotated[Criteria, Depends(criteria)],
    by: Annotated[By[Sort], sorting(Sort, "position")],
    cursor: Annotated[
        int | None,
        Query(ge=0, le=LARGEST_POSITION, description="Continue after this position; with `sort=-position`, before it."),
    ] = None,
    upto: Annotated[Position, Query(description="Only events up to this position.")] = None,
    limit: Limit = 100,
    sentences: Sentences = False,
) -> Response:
    """The log in the order of positions or backwards, in pages; with `Accept: application/x-ndjson` all of it in one stream.

    An index finds the events of a stream, subject, actor, correlation, cause, type or broken rule, and those that several of
    these have in common. A page reads 5,000 events and looks at 20,000 entries of the rarest filter at most. If it has found
    none until then, it is empty and has a next page; the header `Searched` says how far it has searched. An event of which
    something cannot be read has `faults`. A position that the log does not have is refused with 422.
    """
    store: EventStore = request.app.state.store
    head = await run_in_threadpool(store.head)
    end = head if upto is None else upto
    within_the_log(max(cursor or 0, end), head)
    after = 0 if cursor is None or by.descending else cursor
    if by.descending and cursor is not None:
        end = min(end, max(0, cursor - 1))
    personal = caller.may("personal:read")
    if exporting.wanted(request) == exporting.NDJSON:
        found = search(store, wanted, after, end, backwards=by.descending)
        portions = (lines(store, portion.events, personal, sentences=sentences) for portion in found)
        return StreamingResponse(_filled(portions), media_type=exporting.NDJSON, headers={"Position": str(end)})
    asked = _Asked(wanted, after, end, by.descending, limit, personal, sentences)
    items, reached, more = await in_its_thread(request, _page, store, asked)
    following = str(reached + 1 if by.descending else reached)
    answer = page(request, items, following if more else None, head if upto is None else upto)
    answer.headers["Searched"] = str(reached)
    return answer


async def _filled(portions: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The portions that hold something. Each is read in a thread; if the client has gone, no further one is read."""
    async for portion in iterate_in_threadpool(portions):
        if portion:
            yield portion


class _Asked(NamedTuple):
    wanted: Criteria
    after: int
    upto: int
    backwards: bool
    limit: int
    personal: bool
    sentences: bool


def _page(store: EventStore, asked: _Asked) -> tuple[list[dict[str, object]], int, bool]:
    """The events of the page, the position that the search has reached, and whether there is more to search."""
    wanted, after, upto, backwards, limit, personal, sentences = asked
    events: list[Stored] = []
    reached = upto if backwards else after
    # The first portion has the whole page, if the index alone finds the events.
    portions = search(store, wanted, after, upto, backwards=backwards, first=limit + 1)
    for portion in islice(portions, PORTIONS):
        reached = portion.reached
        events += portion.events
        if len(events) > limit:
            events = events[:limit]
            reached = events[-1].position - 1 if backwards else events[-1].position
            break
    items = shown(store, events, personal, sentences=sentences)
    return items, reached, (reached > after if backwards else reached < upto)
