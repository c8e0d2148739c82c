"""What deals stand at, over HTTP: one, many, and as of any moment."""

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
from domain.sales.deal.deal import Deal
from domain.shared.ids import external_id
from projections.sales import deals as read_model
from projections.shared.pages import Page

router = APIRouter(prefix="/v1/deals", tags=["deals"])

Reader = Annotated[Caller, may("deals:read")]

DEALS = Resource(Deal, read_model.deals, read_model.get)


async def filtered(
    zone: Zone,
    customer_id: UUID | None = None,
    lead_id: UUID | None = None,
    number: AnyCode = None,
    status: Literal["open", "won", "lost"] | None = None,
    pipeline: AnyCode = None,
    stage: AnyCode = None,
    owner: AnyCode = None,
    team: AnyCode = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
    tag: AnyCode = None,
    opened_from: Day = None,
    opened_to: Day = None,
    expected_from: Day = None,
    expected_to: Day = None,
) -> read_model.Filter:
    return read_model.Filter(
        customer_id=customer_id,
        lead_id=lead_id,
        number=number,
        status=status,
        pipeline=pipeline,
        stage=stage,
        owner=owner,
        team=team,
        currency=currency,
        tag=tag,
        opened_from=opened_from,
        opened_to=opened_to,
        expected_from=expected_from,
        expected_to=expected_to,
        zone=zone,
    )


@router.get("", responses=exported(listed(schemas.DEAL), schemas.DEAL))
async def deals(
    request: Request,
    caller: Reader,
    after: After,
    wanted: Annotated[read_model.Filter, Depends(filtered)],
    by: Annotated[By[read_model.Sort], sorting(read_model.Sort, "-opened_at")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Deals by filters; days are half-open and in `zone`."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    needed = of_customer("deals", wanted.customer_id)
    return await listing(request, needed, after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor)


@router.get("/by/{system}/{external:path}", dependencies=[may("personal:read")], responses=one(schemas.DEAL))
async def deal_by_external_id(
    request: Request, caller: Reader, after: After, when: When, system: System, external: External
) -> Response:
    """The deal that another system calls this."""
    id = external_id(Deal.name, system, external, request.app.state.store.secret)
    return await deal(request, caller, after, when, id)


@router.get("/{id}", responses=one(schemas.DEAL))
async def deal(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One deal with its attachments."""
    row: Mapping[str, Any] | None
    if when.now:
        row, position = await read(request, "deals", after, lambda connection: read_model.get(connection, id))
    else:
        row, position = await as_of(request, DEALS, id, when)
    if row is None:
        return absent("deal", id, position)
    return found(request, shown(row, caller), position, row["version"])


@router.get("/{id}/history", responses=listed(CHANGE, 404))
async def deal_history(request: Request, caller: Reader, id: UUID) -> Response:
    """Every event of the deal, with what it changed."""
    items, position = await history(
        request, DEALS, id, caller.may("personal:read"), lambda row: shown(row, caller) if row else row
    )
    return page(request, items, None, position) if items else absent("deal", id, position)


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The deal as this caller may see it."""
    hidden = ("deal_id",) if caller.may("personal:read") else ("deal_id", "private")
    return {"id": row["deal_id"], **{name: value for name, value in row.items() if name not in hidden}}
