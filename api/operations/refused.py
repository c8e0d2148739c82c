"""Requests that were denied to known keys, for auditors."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.shared.access import may
from api.shared.bounds import PAGE
from api.shared.openapi import listed
from api.shared.reading import LARGEST_POSITION, Limit, page
from api.shared.routes import Router
from api.shared.schemas import INSTANT, INTEGER, TEXT, fields
from infra.read_models.refused import latest
from projections.shared.rows import Row

router = Router(prefix="/v1/refused", tags=["events"], dependencies=[may("events:read", PAGE)])

MAYBE_ID = {"type": ["string", "null"], "format": "uuid"}
REFUSED = fields(
    {"number": INTEGER, "at": INSTANT, "key_id": TEXT, "method": TEXT, "route": TEXT, "about": MAYBE_ID, "reason": TEXT}
)


@router.get("", responses=listed(REFUSED))
async def refused(
    request: Request,
    key_id: UUID | None = None,
    limit: Limit = 100,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_POSITION, description="Only requests with a lower number.")] = None,
) -> Response:
    """The latest 10,000 requests of known keys that were denied with 403, newest first, each with its route and id."""

    def look() -> tuple[list[Row], int]:
        with request.app.state.read_models.reader.connect() as connection:
            return latest(connection, None if key_id is None else key_id.hex, before, limit), request.app.state.store.head()

    rows, position = await run_in_threadpool(look)
    following = str(rows[-1]["number"]) if len(rows) == limit else None
    return page(request, rows, following, position, parameter="before")
