"""Commands on deals, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.sales import deal_bodies as bodies
from api.sales.lead_bodies import ReasonBody
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.commanding import carry_out
from api.shared.fields import External, System, Told
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.strict import StrictRoute
from commands.sales import deals
from domain.sales.deal.deal import Deal
from domain.shared.ids import external_id, new_id

PREFIX = "/v1/deals"

router = APIRouter(
    prefix=PREFIX, tags=["deals"], route_class=StrictRoute, dependencies=[may("deals:write")], responses=ACCEPTED
)


@router.post("", status_code=201, responses=CREATED)
async def open(request: Request, body: bodies.OpenBody) -> Response:
    """Open a deal."""
    id = new_id()
    return await carry_out(request, deals.open, body, target=id, fresh=True, location=PREFIX, deal_id=id, **body.facts())


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.OpenBody) -> Response:
    """Open the deal that another system calls this, or change its stage, and what is told of amount, day and owner."""
    id = external_id(Deal.name, system, external, request.app.state.store.secret)
    return await carry_out(
        request,
        deals.create_or_change,
        body,
        target=id,
        location=PREFIX,
        deal_id=id,
        external=(system, external),
        **body.facts(),
    )


@router.put("/{id}/stage")
async def change_stage(request: Request, id: UUID, body: bodies.StageBody) -> Response:
    """To another stage of its pipeline."""
    return await _on(request, id, deals.change_stage, body, stage=body.stage)


@router.put("/{id}/amount")
async def change_amount(request: Request, id: UUID, body: bodies.AmountBody) -> Response:
    """What it is expected to come to."""
    return await _on(request, id, deals.change_amount, body, amount=body.amount, currency=body.currency)


@router.put("/{id}/close-date")
async def change_close_date(request: Request, id: UUID, body: bodies.CloseDateBody) -> Response:
    """When it is expected to be won."""
    return await _on(request, id, deals.change_close_date, body, expected_close=body.expected_close)


@router.post("/{id}/win")
async def win(request: Request, id: UUID, body: bodies.WinBody | None = None) -> Response:
    return await _on(request, id, deals.win, body, order_id=body and body.order_id)


@router.post("/{id}/loss")
async def lose(request: Request, id: UUID, body: ReasonBody | None = None) -> Response:
    return await _on(request, id, deals.lose, body, reason=body and body.reason)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: ReasonBody | None = None) -> Response:
    """A deal that was won or lost goes on."""
    return await _on(request, id, deals.reopen, body, reason=body and body.reason)


add_routes(router, Deal)


async def _on(request: Request, id: UUID, function: Any, told: Told | None, **facts: Any) -> Response:
    return await carry_out(request, function, told, target=id, deal_id=id, **facts)
