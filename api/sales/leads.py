"""Commands on leads, over HTTP."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.customers.customer_bodies import ErasureBody
from api.sales import lead_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import CommandBody, External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.sales import leads
from domain.sales.lead.lead import Lead
from domain.shared.ids import new_id

LEADS = target(Lead, "/v1/leads")

router = APIRouter(
    prefix=LEADS.location, tags=["leads"], route_class=StrictRoute, dependencies=[may("leads:write")], responses=ACCEPTED
)


@router.post("", status_code=201, responses=CREATED)
async def capture(request: Request, body: bodies.CaptureBody) -> Response:
    """Capture a lead."""
    return await LEADS.new(request, leads.capture, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.PutBody) -> Response:
    """Capture the lead that another system calls this; one that is there may be in another stage."""
    return await LEADS.by_external_id(request, system, external, leads.create_or_change, body)


@router.put("/{id}/stage")
async def change_stage(request: Request, id: UUID, body: bodies.StageBody) -> Response:
    return await LEADS.by_id(request, id, leads.change_stage, body)


@router.post("/{id}/qualification")
async def qualify(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """It is worth pursuing."""
    return await LEADS.by_id(request, id, leads.qualify, body)


@router.post("/{id}/conversion")
async def convert(request: Request, id: UUID, body: bodies.ConversionBody) -> Response:
    """The lead became a customer's. From now on it is forgotten with them."""
    return await LEADS.by_id(request, id, leads.convert, body)


@router.post("/{id}/loss")
async def lose(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    return await LEADS.by_id(request, id, leads.lose, body)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """A lead that was converted or lost goes on; its conversion counts no more."""
    return await LEADS.by_id(request, id, leads.reopen, body)


@router.post("/{id}/erasure", dependencies=[may("customers:erase")])
async def erase(request: Request, id: UUID, body: ErasureBody) -> Response:
    """Forget for ever who it was. A lead of a known customer is erased with the customer."""
    return await LEADS.by_id(request, id, leads.erase, body, receipt=new_id().hex)


add_routes(router, Lead)
