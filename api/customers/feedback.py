"""Commands on feedback, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.customers import feedback_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.commanding import carry_out
from api.shared.fields import External, System, Told
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.strict import StrictRoute
from commands.customers import feedback
from domain.customers.feedback.feedback import Feedback
from domain.shared.ids import external_id, new_id

PREFIX = "/v1/feedback"

router = APIRouter(
    prefix=PREFIX,
    tags=["feedback"],
    route_class=StrictRoute,
    dependencies=[may("feedback:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def submit(request: Request, body: bodies.SubmissionBody) -> Response:
    """Tell what a customer said without being asked."""
    id = new_id()
    return await carry_out(
        request, feedback.submit, body, target=id, fresh=True, location=PREFIX, feedback_id=id, **body.facts()
    )


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def submit_by_external_id(request: Request, system: System, external: External, body: bodies.SubmissionBody) -> Response:
    """Tell what a customer said in the feedback that another system calls this, asked or not.

    The same again is a repeat; what was submitted otherwise stays, and is refused.
    """
    id = external_id(Feedback.name, system, external, request.app.state.store.secret)
    return await carry_out(
        request,
        feedback.submit,
        body,
        target=id,
        location=PREFIX,
        feedback_id=id,
        external=(system, external),
        **body.facts(),
    )


@router.post("/requests", status_code=201, responses=CREATED)
async def ask(request: Request, body: bodies.RequestBody) -> Response:
    """Tell that a customer was asked: only where requests are told is there a response rate."""
    known = body.external
    id = external_id(Feedback.name, known.system, known.id, request.app.state.store.secret) if known else new_id()
    return await carry_out(
        request,
        feedback.request,
        body,
        target=id,
        fresh=known is None,
        location=PREFIX,
        feedback_id=id,
        external=known and (known.system, known.id),
        **body.facts(),
    )


@router.post("/{id}/submission")
async def answer(request: Request, id: UUID, body: bodies.SubmissionBody) -> Response:
    """The customer who was asked answers."""
    return await on_feedback(request, id, feedback.answer, body, **body.facts())


@router.post("/{id}/acknowledgement")
async def acknowledge(request: Request, id: UUID, body: Told | None = None) -> Response:
    """Somebody has read it, and said so."""
    return await on_feedback(request, id, feedback.acknowledge, body)


@router.post("/{id}/actions")
async def take_action(request: Request, id: UUID, body: bodies.ActionBody) -> Response:
    return await on_feedback(request, id, feedback.take_action, body, code=body.code, note=body.note)


@router.post("/{id}/resolution")
async def resolve(request: Request, id: UUID, body: bodies.ResolutionBody | None = None) -> Response:
    told = body or bodies.ResolutionBody()
    return await on_feedback(request, id, feedback.resolve, told, code=told.code, resolution=told.resolution)


@router.post("/{id}/dismissal")
async def dismiss(request: Request, id: UUID, body: bodies.DismissalBody) -> Response:
    """Nothing will be done about it."""
    return await on_feedback(request, id, feedback.dismiss, body, reason=body.reason)


add_routes(router, Feedback)


async def on_feedback(request: Request, id: UUID, function: Any, told: Told | None, **facts: Any) -> Response:
    return await carry_out(request, function, told, target=id, feedback_id=id, **facts)
