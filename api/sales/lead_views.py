"""What leads stand at, over HTTP: one, many, and as of any moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from api.sales import lead_schemas as schemas
from api.shared.access import Caller, may
from api.shared.fields import External, System
from api.shared.followed import of_customer
from api.shared.openapi import exported, listed, one
from api.shared.past import Resource, When, as_of, history
from api.shared.reading import After, AnyCode, Cursor, Day, Limit, absent, found, listing, page, read
from api.shared.schemas import CHANGE
from api.shared.sorting import By, sorting
from api.shared.zones import Zone
from domain.sales.lead.lead import Lead
from domain.shared.ids import external_id
from projections.sales import leads as read_model
from projections.shared.pages import Page

router = APIRouter(prefix="/v1/leads", tags=["leads"])

Reader = Annotated[Caller, may("leads:read")]

LEADS = Resource(Lead, read_model.leads, read_model.get)


async def filtered(
    zone: Zone,
    customer_id: UUID | None = None,
    campaign_id: UUID | None = None,
    number: AnyCode = None,
    status: Literal["open", "qualified", "converted", "lost"] | None = None,
    stage: AnyCode = None,
    channel: AnyCode = None,
    origin: AnyCode = None,
    without_origin: Annotated[bool | None, Query(description="Whose origin is not known at all.")] = None,
    owner: AnyCode = None,
    team: AnyCode = None,
    tag: AnyCode = None,
    captured_from: Day = None,
    captured_to: Day = None,
) -> read_model.Filter:
    return read_model.Filter(
        customer_id=customer_id,
        campaign_id=campaign_id,
        number=number,
        status=status,
        stage=stage,
        channel=channel,
        origin=origin,
        without_origin=without_origin,
        owner=owner,
        team=team,
        tag=tag,
        captured_from=captured_from,
        captured_to=captured_to,
        zone=zone,
    )


@router.get("", responses=exported(listed(schemas.LEAD), schemas.LEAD))
async def leads(
    request: Request,
    caller: Reader,
    after: After,
    wanted: Annotated[read_model.Filter, Depends(filtered)],
    by: Annotated[By[read_model.Sort], sorting(read_model.Sort, "-captured_at")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Leads by filters; days are half-open and in `zone`."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    needed = of_customer("leads", wanted.customer_id)
    return await listing(request, needed, after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor)


@router.get("/by/{system}/{external:path}", dependencies=[may("personal:read")], responses=one(schemas.LEAD))
async def lead_by_external_id(
    request: Request, caller: Reader, after: After, when: When, system: System, external: External
) -> Response:
    """The lead that another system calls this."""
    id = external_id(Lead.name, system, external, request.app.state.store.secret)
    return await lead(request, caller, after, when, id)


@router.get("/{id}", responses=one(schemas.LEAD))
async def lead(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One lead with its attachments."""
    row: Mapping[str, Any] | None
    if when.now:
        row, position = await read(request, "leads", after, lambda connection: read_model.get(connection, id))
    else:
        row, position = await as_of(request, LEADS, id, when)
    if row is None:
        return absent("lead", id, position)
    return found(request, shown(row, caller), position, row["version"])


@router.get("/{id}/history", responses=listed(CHANGE, 404))
async def lead_history(request: Request, caller: Reader, id: UUID) -> Response:
    """Every event of the lead, with what it changed."""
    items, position = await history(
        request, LEADS, id, caller.may("personal:read"), lambda row: shown(row, caller) if row else row
    )
    return page(request, items, None, position) if items else absent("lead", id, position)


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The lead as this caller may see it."""
    hidden = ("lead_id",) if caller.may("personal:read") else ("lead_id", "private")
    return {"id": row["lead_id"], **{name: value for name, value in row.items() if name not in hidden}}
