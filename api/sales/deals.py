"""Commands on deals over HTTP."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from api.sales import deal_bodies as bodies
from api.sales.lead_bodies import ReasonBody
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.sales import deals
from domain.sales.deal.deal import Deal

DEALS = target(Deal, "/v1/deals")

router = Router(
    prefix=DEALS.location, tags=["deals"], route_class=StrictRoute, dependencies=[may("deals:write")], responses=ACCEPTED
)


@router.post("", status_code=201, responses=CREATED)
async def open(request: Request, body: bodies.OpenBody) -> Response:
    """Open a deal."""
    return await DEALS.new(request, deals.open, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.OpenBody) -> Response:
    """Open the deal with this external id, or change its stage and the given amount, closing day and owner."""
    return await DEALS.by_external_id(request, system, external, deals.create_or_change, body)


@router.put("/{id}/stage")
async def change_stage(request: Request, id: UUID, body: bodies.StageBody) -> Response:
    """Move the deal to another stage of its pipeline."""
    return await DEALS.by_id(request, id, deals.change_stage, body)


@router.put("/{id}/amount")
async def change_amount(request: Request, id: UUID, body: bodies.AmountBody) -> Response:
    """Set the deal's expected amount."""
    return await DEALS.by_id(request, id, deals.change_amount, body)


@router.put("/{id}/close-date")
async def change_close_date(request: Request, id: UUID, body: bodies.CloseDateBody) -> Response:
    """Set the day on which the deal is expected to close."""
    return await DEALS.by_id(request, id, deals.change_close_date, body)


@router.post("/{id}/win")
async def win(request: Request, id: UUID, body: bodies.WinBody | None = None) -> Response:
    """Record that the deal is won."""
    return await DEALS.by_id(request, id, deals.win, body)


@router.post("/{id}/loss")
async def lose(request: Request, id: UUID, body: ReasonBody | None = None) -> Response:
    """Record that the deal is lost."""
    return await DEALS.by_id(request, id, deals.lose, body)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: ReasonBody | None = None) -> Response:
    """Reopen a won or lost deal."""
    return await DEALS.by_id(request, id, deals.reopen, body)


add_routes(router, Deal)
