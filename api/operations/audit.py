"""Who did what, and when: an index of the log for searches. The events themselves are read from the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.operations.events import TYPES, criteria
from api.shared.access import Caller, may
from api.shared.bounds import PAGE
from api.shared.fields import Code
from api.shared.openapi import exported, listed
from api.shared.reading import LARGEST_POSITION, After, Limit, listing, within_the_log
from api.shared.routes import Router
from api.shared.schemas import ID, INSTANT, INTEGER, MAYBE_TEXT, TEXT, TEXTS, fields
from api.shared.sorting import By, sorting
from domain.shared.events import Origin
from infra.event_store.search import Criteria
from projections.operations import audit_index
from projections.shared.pages import Page

router = Router(prefix="/v1/audit", tags=["events"])

ACT = fields(
    {
        "position": INTEGER,
        "type": TEXT,
        "stream": ID,
        "version": INTEGER,
        "subject": ID,
        "actor": fields({"type": TEXT, "id": TEXT}),
        "on_behalf_of": MAYBE_TEXT,
        "recorded_at": INSTANT,
        "occurred_at": INSTANT,
        "occurred_precision": TEXT,
        "correlation_id": MAYBE_TEXT,
        "causation_id": MAYBE_TEXT,
        "origin": TEXT,
        "source_system": MAYBE_TEXT,
        "irregular": TEXTS,
    }
)
HIDDEN = ("actor_type", "actor_id")


async def filtered(
    wanted: Annotated[Criteria, Depends(criteria)],
    on_behalf_of: Annotated[Code | None, Query()] = None,
    origin: Origin | None = None,
    source: Annotated[Code | None, Query(description="The system that the fact came from.")] = None,
) -> audit_index.Filter:
    return audit_index.Filter(
        types=frozenset(filter(wanted.wants_type, TYPES)) if wanted.types else None,
        stream=wanted.stream,
        subject=wanted.subject,
        actor_id=wanted.actor,
        on_behalf_of=on_behalf_of,
        correlation_id=wanted.correlation,
        causation_id=wanted.causation,
        origin=origin,
        source_system=source,
        irregular=wanted.irregular,
        recorded_from=wanted.recorded_from,
        recorded_to=wanted.recorded_to,
        occurred_from=wanted.occurred_from,
        occurred_to=wanted.occurred_to,
    )


@router.get("", responses=exported(listed(ACT), ACT))
async def audit(
    request: Request,
    caller: Annotated[Caller, may("events:read", PAGE)],
    after: After,
    wanted: Annotated[audit_index.Filter, Depends(filtered)],
    by: Annotated[By[audit_index.Sort], sorting(audit_index.Sort, "-position")],
    limit: Limit = 100,
    cursor: Annotated[int | None, Query(ge=0, le=LARGEST_POSITION, description="Continue after this position.")] = None,
) -> Response:
    """Who did what, and when, ordered by position. `GET /v1/events/{position}` shows the event itself.

    A `cursor` that the log does not have is refused with 422.
    """
    if cursor is not None:
        within_the_log(cursor, await run_in_threadpool(request.app.state.store.head))

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        place = int(cursor) if cursor else None
        return audit_index.listing(connection, wanted, descending=by.descending, limit=limit, after=place)

    place = None if cursor is None else str(cursor)
    return await listing(request, "audit_index", after, pages, show=_shown, limit=limit, cursor=place)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if name not in HIDDEN}
    return plain | {"actor": {"type": row["actor_type"], "id": row["actor_id"]}}
