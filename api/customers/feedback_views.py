"""Feedback as it is read over HTTP: one, many, and as of any moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from api.customers import contact_schemas as schemas
from api.shared.access import Caller, may
from api.shared.fields import External, System
from api.shared.followed import of_customer
from api.shared.looking import look_at, look_back
from api.shared.openapi import exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, AnyCode, Cursor, Day, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.sorting import By, sorting
from api.shared.zones import Zone
from domain.customers.feedback.feedback import Feedback
from domain.customers.feedback.values import Kind
from domain.shared.ids import external_id
from projections.customers import feedback as read_model
from projections.shared.pages import Page

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])

Reader = Annotated[Caller, may("feedback:read")]
Score = Annotated[int | None, Query(ge=-1_000_000, le=1_000_000)]

FEEDBACK = Resource(Feedback, read_model.feedback, read_model.get)


async def filtered(
    zone: Zone,
    customer_id: UUID | None = None,
    kind: Kind | None = None,
    channel: AnyCode = None,
    agent: AnyCode = None,
    owner: AnyCode = None,
    team: AnyCode = None,
    status: read_model.Status | None = None,
    tag: AnyCode = None,
    about: Annotated[UUID | None, Query(description="The id of something that it is about.")] = None,
    open: Annotated[bool | None, Query(description="Submitted, and neither resolved nor dismissed.")] = None,
    score_from: Score = None,
    score_to: Score = None,
    submitted_from: Day = None,
    submitted_to: Day = None,
) -> read_model.Filter:
    return read_model.Filter(
        customer_id=customer_id,
        kind=kind,
        channel=channel,
        agent=agent,
        owner=owner,
        team=team,
        status=status,
        tag=tag,
        about=about,
        open=open,
        score_from=score_from,
        score_to=score_to,
        submitted_from=submitted_from,
        submitted_to=submitted_to,
        zone=zone,
    )


@router.get("", responses=exported(listed(schemas.FEEDBACK), schemas.FEEDBACK))
async def all_feedback(
    request: Request,
    caller: Reader,
    after: After,
    wanted: Annotated[read_model.Filter, Depends(filtered)],
    by: Annotated[By[read_model.Sort], sorting(read_model.Sort, "-occurred_at")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Feedback by filters; days are half-open and in `zone`, scores (`score_to` with them) of whatever scale."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    needed = of_customer("feedback", wanted.customer_id, "leads")
    return await listing(request, needed, after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor)


@router.get("/by/{system}/{external:path}", dependencies=[may("personal:read")], responses=one(schemas.FEEDBACK))
async def feedback_by_external_id(
    request: Request, caller: Reader, after: After, when: When, system: System, external: External
) -> Response:
    """The feedback that another system calls this."""
    id = external_id(Feedback.name, system, external, request.app.state.store.secret)
    return await feedback(request, caller, after, when, id)


@router.get("/{id}", responses=one(schemas.FEEDBACK))
async def feedback(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One piece of feedback, with what was done about it."""
    return await look_at(request, FEEDBACK, id, after, when, name="feedback", show=lambda row: shown(row, caller))


@router.get("/{id}/history", responses=listed(CHANGE, 404))
async def feedback_history(request: Request, caller: Reader, id: UUID) -> Response:
    """Every event of the feedback, with what it changed."""
    return await look_back(
        request,
        FEEDBACK,
        id,
        name="feedback",
        show=lambda row: shown(row, caller),
        personal=caller.may("personal:read"),
    )


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The feedback as this caller may see it."""
    hidden = ("feedback_id",) if caller.may("personal:read") else ("feedback_id", "private")
    return {"id": row["feedback_id"], **{name: value for name, value in row.items() if name not in hidden}}
