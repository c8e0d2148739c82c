"""One event with all that it belongs to: what it changed, what was recorded with it, and what it came from and led to."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Any

from fastapi import Path, Request, Response

from api.shared import schemas
from api.shared.access import Caller, may
from api.shared.admission import in_its_thread
from api.shared.bounds import LINEAGE
from api.shared.history import compared, states
from api.shared.looking import Row
from api.shared.openapi import answers
from api.shared.pasts import Pasts
from api.shared.reading import LARGEST_POSITION, absent, found
from api.shared.routes import Router
from api.shared.schemas import FLAG, ID, INSTANT, INTEGER, MAYBE_TEXT, SENTENCE, TEXT, fields, maybe
from infra.event_store import lineage
from infra.event_store.lineage import Related
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.sentences import sentences_of
from infra.event_store.showing import shown
from infra.event_store.store import EventStore

router = Router(prefix="/v1/events", tags=["events"])

RELATIVE = fields(
    {
        "position": INTEGER,
        "link": TEXT | {"examples": ["/v1/events/42"]},
        "type": TEXT,
        "sentence": SENTENCE,
        "stream": ID,
        "subject": maybe(ID),
        "actor": maybe(fields({"type": TEXT, "id": TEXT})),
        "recorded_at": maybe(INSTANT),
        "command_id": maybe(ID),
        "causation_id": maybe(ID),
        "distance": INTEGER | {"description": "Commands from the event to this one: 1 is a direct cause or effect."},
    }
)
STATE = maybe({"type": "object"})


def _related(description: str, **more: Any) -> dict[str, Any]:
    of_all = {"items": {"type": "array", "items": RELATIVE}, "more": FLAG | {"description": "Whether some were left out."}}
    return fields(of_all | more) | {"description": description}


IN_FULL = fields(
    {
        **schemas.RECORDED,
        "sentence": SENTENCE,
        "resource": MAYBE_TEXT | {"description": "Where the thing is read; null if that is not known from its id."},
        "before": STATE | {"description": "The thing before the event; null if there was none, or if `changes` is null."},
        "after": STATE | {"description": "The thing after the event, as its `GET` answered then; null if `changes` is null."},
        "changes": schemas.CHANGES,
        "recorded_together": _related("The other events of the same command, in the order of positions."),
        "causes": _related(
            "The events of the command that caused the event's command, nearest first, up to the first one.",
            missing=maybe(ID) | {"description": "A causing command of which no event was found, such as another system's."},
        ),
        "effects": _related("The events of the commands that the event's command caused, nearest first."),
    },
    schemas.FAULTS,
)


@router.get("/{position}", responses=answers(IN_FULL, 404))
async def event(
    request: Request,
    caller: Annotated[Caller, may("events:read", LINEAGE)],
    position: Annotated[int, Path(ge=1, le=LARGEST_POSITION)],
) -> Response:
    """One event by its position, with the thing before and after it, and the events that it belongs to.

    These are what its command recorded too, what caused that command, and what the command caused: at most 100 events each,
    over at most ten commands. An event knows its command, not the one event that a policy reacted to: causes and effects are
    those of the whole command. `changes` are null for a kind of thing without a history, without the permission to read it,
    after the 20,000th event, and if an event on the way cannot be read.
    """
    store: EventStore = request.app.state.store
    pasts: Pasts = request.app.state.pasts
    answer, head = await in_its_thread(request, _look, store, pasts, caller, position)
    return absent("event", position, head) if answer is None else found(request, answer, head)


def _look(store: EventStore, pasts: Pasts, caller: Caller, position: int) -> tuple[dict[str, Any] | None, int]:
    head = store.head()
    stored = store.log(position - 1, 1, position)
    if not stored:
        return None, head
    [one], [event] = stored, shown(store, stored, caller.may("personal:read"), sentences=True)
    state = _state(store, pasts, caller, one)
    before, after = state or (None, None)
    causes = lineage.causes(store, one)
    return {
        **event,
        "resource": pasts.address(one.type, one.stream),
        "before": before or None,
        "after": after or None,
        "changes": None if state is None else compared(*state),
        "recorded_together": _shown(store, lineage.recorded_together(store, one)),
        "causes": {**_shown(store, causes), "missing": causes.missing},
        "effects": _shown(store, lineage.effects(store, one)),
    }, head


def _state(store: EventStore, pasts: Pasts, caller: Caller, one: Stored) -> tuple[Row, Row] | None:
    """The thing before and after the event, as the caller may see it. None if that is not known, or the caller may not."""
    past = pasts.of(one.type)
    if past is None or not caller.may(past.permission):
        return None

    def show(row: Row) -> Row:
        return past.show(row, caller) if row else row

    with closing(states(store, past.resource(), one.stream, [one], show)) as seen:
        return next(seen, None)


def _shown(store: EventStore, related: Related) -> dict[str, Any]:
    lines = sentences_of(store, [one.event for one in related.events])
    entries = zip(related.events, lines, strict=True)
    return {"items": [_entry(one.event, one.distance, line and line._asdict()) for one, line in entries], "more": related.more}


def _entry(event: Stored, distance: int, sentence: dict[str, str] | None) -> dict[str, Any]:
    metadata = metadata_of(event)
    return {
        "position": event.position,
        "link": f"/v1/events/{event.position}",
        "type": event.type,
        "sentence": sentence,
        "stream": event.stream,
        "subject": metadata and metadata.subject,
        "actor": metadata and metadata.actor,
        "recorded_at": metadata and metadata.recorded_at,
        "command_id": metadata and metadata.command_id,
        "causation_id": metadata and metadata.causation_id,
        "distance": distance,
    }
