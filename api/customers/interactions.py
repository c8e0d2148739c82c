"""Commands on interactions, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.customers import interaction_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.commanding import carry_out
from api.shared.fields import External, System, Told
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.strict import StrictRoute
from commands.customers import interactions
from domain.customers.interaction import Interaction
from domain.shared.ids import external_id, new_id

PREFIX = "/v1/interactions"

router = APIRouter(
    prefix=PREFIX,
    tags=["interactions"],
    route_class=StrictRoute,
    dependencies=[may("interactions:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def log(request: Request, body: bodies.LogBody) -> Response:
    """Log a call, a mail, a visit, or whatever contact there was."""
    id = new_id()
    return await carry_out(
        request, interactions.log, body, target=id, fresh=True, location=PREFIX, interaction_id=id, **body.facts()
    )


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def log_or_correct(request: Request, system: System, external: External, body: bodies.LogBody) -> Response:
    """Log the interaction that another system calls this, or correct what is different. With whom it was stays as it is."""
    id = external_id(Interaction.name, system, external, request.app.state.store.secret)
    return await carry_out(
        request,
        interactions.log_or_correct,
        body,
        target=id,
        location=PREFIX,
        interaction_id=id,
        external=(system, external),
        **body.facts(),
    )


@router.patch("/{id}")
async def correct(request: Request, id: UUID, body: bodies.CorrectionBody) -> Response:
    """Correct it (JSON merge patch): absent fields stay, null clears."""
    return await on_interaction(request, id, interactions.correct, body, **body.facts())


@router.post("/{id}/redaction")
async def redact(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """Show its texts, participants and names of files no more."""
    return await on_interaction(request, id, interactions.redact, body, reason=body and body.reason)


@router.post("/{id}/retraction")
async def retract(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """It never was: it leaves all counts."""
    return await on_interaction(request, id, interactions.retract, body, reason=body and body.reason)


add_routes(router, Interaction)


async def on_interaction(request: Request, id: UUID, function: Any, told: Told | None, **facts: Any) -> Response:
    return await carry_out(request, function, told, target=id, interaction_id=id, **facts)
