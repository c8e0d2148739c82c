"""Commands on leads, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.customers.customer_bodies import ErasureBody
from api.sales import lead_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.commanding import carry_out
from api.shared.fields import External, System, Told
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.strict import StrictRoute
from commands.sales import leads
from domain.sales.lead.lead import Lead
from domain.shared.ids import external_id, new_id

PREFIX = "/v1/leads"

router = APIRouter(
    prefix=PREFIX, tags=["leads"], route_class=StrictRoute, dependencies=[may("leads:write")], responses=ACCEPTED
)


@router.post("", status_code=201, responses=CREATED)
async def capture(request: Request, body: bodies.CaptureBody) -> Response:
    """Capture a lead."""
    id = new_id()
    return await carry_out(request, leads.capture, body, target=id, fresh=True, location=PREFIX, lead_id=id, **body.facts())


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.PutBody) -> Response:
    """Capture the lead that another system calls this; one that is there may be in another stage."""
    id = external_id(Lead.name, system, external, request.app.state.store.secret)
    return await carry_out(
        request,
        leads.create_or_change,
        body,
        target=id,
        location=PREFIX,
        lead_id=id,
        external=(system, external),
        **body.facts(),
    )


@router.put("/{id}/stage")
async def change_stage(request: Request, id: UUID, body: bodies.StageBody) -> Response:
    return await _on(request, id, leads.change_stage, body, stage=body.stage)


@router.post("/{id}/qualification")
async def qualify(request: Request, id: UUID, body: Told | None = None) -> Response:
    """It is worth pursuing."""
    return await _on(request, id, leads.qualify, body)


@router.post("/{id}/conversion")
async def convert(request: Request, id: UUID, body: bodies.ConversionBody) -> Response:
    """The lead became a customer's. From now on it is forgotten with them."""
    return await _on(request, id, leads.convert, body, **body.facts())


@router.post("/{id}/loss")
async def lose(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    return await _on(request, id, leads.lose, body, reason=body and body.reason)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """A lead that was converted or lost goes on; its conversion counts no more."""
    return await _on(request, id, leads.reopen, body, reason=body and body.reason)


@router.post("/{id}/erasure", dependencies=[may("customers:erase")])
async def erase(request: Request, id: UUID, body: ErasureBody) -> Response:
    """Forget for ever who it was. A lead of a known customer is erased with the customer."""
    receipt = new_id().hex
    return await _on(request, id, leads.erase, body, reason=body.reason, requested_by=body.requested_by, receipt=receipt)


add_routes(router, Lead)


async def _on(request: Request, id: UUID, function: Any, told: Told | None, **facts: Any) -> Response:
    return await carry_out(request, function, told, target=id, lead_id=id, **facts)
