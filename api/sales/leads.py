"""Commands on leads over HTTP."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from api.customers.customer_bodies import ErasureBody
from api.sales import lead_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import CommandBody, External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.sales import leads
from domain.sales.lead.lead import Lead
from domain.shared.ids import new_id

LEADS = target(Lead, "/v1/leads")

router = Router(
    prefix=LEADS.location, tags=["leads"], route_class=StrictRoute, dependencies=[may("leads:write")], responses=ACCEPTED
)


@router.post("", status_code=201, responses=CREATED)
async def capture(request: Request, body: bodies.CaptureBody) -> Response:
    """Capture a lead."""
    return await LEADS.new(request, leads.capture, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.PutBody) -> Response:
    """Capture the lead with this external id, or change the stage of an existing one."""
    return await LEADS.by_external_id(request, system, external, leads.create_or_change, body)


@router.put("/{id}/stage")
async def change_stage(request: Request, id: UUID, body: bodies.StageBody) -> Response:
    """Move the lead to another stage, which is any code."""
    return await LEADS.by_id(request, id, leads.change_stage, body)


@router.post("/{id}/qualification")
async def qualify(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Mark the lead as worth pursuing."""
    return await LEADS.by_id(request, id, leads.qualify, body)


@router.post("/{id}/conversion")
async def convert(request: Request, id: UUID, body: bodies.ConversionBody) -> Response:
    """Record that the lead became a customer. From now on erasing the customer also erases the lead's personal data."""
    return await LEADS.by_id(request, id, leads.convert, body)


@router.post("/{id}/loss")
async def lose(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """Record that the lead will not become a customer."""
    return await LEADS.by_id(request, id, leads.lose, body)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """Reopen a converted or lost lead. Its conversion no longer counts."""
    return await LEADS.by_id(request, id, leads.reopen, body)


@router.post("/{id}/erasure", dependencies=[may("customers:erase")])
async def erase(request: Request, id: UUID, body: ErasureBody) -> Response:
    """Erase the lead's personal data permanently. A lead of a known customer is erased only with the customer."""
    return await LEADS.by_id(request, id, leads.erase, body, receipt=new_id().hex)


add_routes(router, Lead)
