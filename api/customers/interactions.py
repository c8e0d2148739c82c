"""Commands on interactions, over HTTP."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from api.customers import interaction_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.customers import interactions
from domain.customers.interaction import Interaction

INTERACTIONS = target(Interaction, "/v1/interactions")

router = Router(
    prefix=INTERACTIONS.location,
    tags=["interactions"],
    route_class=StrictRoute,
    dependencies=[may("interactions:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def log(request: Request, body: bodies.LogBody) -> Response:
    """Log a call, an e-mail, a visit or any other contact."""
    return await INTERACTIONS.new(request, interactions.log, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def log_or_correct(request: Request, system: System, external: External, body: bodies.LogBody) -> Response:
    """Log the interaction with this external id, or correct the fields that differ. Its customer and lead stay the same."""
    return await INTERACTIONS.by_external_id(request, system, external, interactions.log_or_correct, body)


@router.patch("/{id}")
async def correct(request: Request, id: UUID, body: bodies.CorrectionBody) -> Response:
    """Correct an interaction (JSON merge patch): absent fields stay, null clears."""
    return await INTERACTIONS.by_id(request, id, interactions.correct, body)


@router.post("/{id}/redaction")
async def redact(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """Redact an interaction: its texts, participants and file names are no longer shown."""
    return await INTERACTIONS.by_id(request, id, interactions.redact, body)


@router.post("/{id}/retraction")
async def retract(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """Retract an interaction that never took place: it is no longer counted."""
    return await INTERACTIONS.by_id(request, id, interactions.retract, body)


add_routes(router, Interaction)
