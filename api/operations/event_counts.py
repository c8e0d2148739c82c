"""Counts of the latest events of a selection: which types, which actors, which days."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.operations.events import PORTIONS, Position, criteria
from api.shared.access import Caller, may
from api.shared.admission import in_its_thread
from api.shared.bounds import COUNTS
from api.shared.openapi import answers
from api.shared.reading import found, within_the_log
from api.shared.routes import Router
from api.shared.schemas import DAY, FLAG, INTEGER, MAYBE_INTEGER, TEXT, fields, maybe
from api.shared.zones import Zone
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.search import Criteria, search
from infra.event_store.store import EventStore

router = Router(prefix="/v1/events", tags=["events"])

COUNTED = 2_000
"""Events that are counted at most, of the portions that a page may read too."""


def _counts(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": fields({name: schema, "count": INTEGER})}


ANSWER = fields(
    {
        "counted": INTEGER,
        "complete": FLAG | {"description": "Whether these are all events of the selection."},
        "first": MAYBE_INTEGER | {"description": "The position of the earliest event that was counted."},
        "last": MAYBE_INTEGER | {"description": "The position of the latest one."},
        "types": _counts("type", TEXT),
        "actors": _counts("actor", maybe(fields({"type": TEXT, "id": TEXT}))),
        "days": _counts("day", maybe(DAY)),
    }
)


@router.get("/counts", responses=answers(ANSWER))
async def counts(
    request: Request,
    caller: Annotated[Caller, may("events:read", COUNTS)],
    wanted: Annotated[Criteria, Depends(criteria)],
    zone: Zone,
    upto: Annotated[Position, Query(description="Only events up to this position.")] = None,
) -> Response:
    """How many of the latest 2,000 events that match the filters are of each type, by each actor, and of each day of recording.

    The filters are those of `GET /v1/events`; days are in `zone`. The most frequent comes first, and of days the latest. With
    `complete`, the counts are of all matching events. An event whose metadata cannot be read has no actor and no day.
    """
    store: EventStore = request.app.state.store
    head = await run_in_threadpool(store.head)
    within_the_log(upto or 0, head)
    events, complete = await in_its_thread(request, _latest, store, wanted, head if upto is None else upto)
    of_each = [metadata_of(event) for event in events]
    actors = Counter(known.actor if known else None for known in of_each)
    days = Counter(known.recorded_at.astimezone(zone).date().isoformat() if known else None for known in of_each)
    body = {
        "counted": len(events),
        "complete": complete,
        "first": events[-1].position if events else None,
        "last": events[0].position if events else None,
        "types": [{"type": type, "count": count} for type, count in Counter(event.type for event in events).most_common()],
        "actors": [{"actor": actor, "count": count} for actor, count in actors.most_common()],
        "days": [{"day": day, "count": days[day]} for day in sorted(days, key=lambda day: day or "", reverse=True)],
    }
    return found(request, body, head)


def _latest(store: EventStore, wanted: Criteria, upto: int) -> tuple[list[Stored], bool]:
    """The latest events that match, the latest first, and whether they are all."""
    events: list[Stored] = []
    reached = upto
    for portion in islice(search(store, wanted, 0, upto, backwards=True), PORTIONS):
        reached = portion.reached
        events += portion.events
        if len(events) > COUNTED:
            return events[:COUNTED], False
    return events, reached <= 0
