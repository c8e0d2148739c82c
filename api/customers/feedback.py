"""Commands on feedback, over HTTP."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from api.customers import feedback_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import CommandBody, External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.customers import feedback
from domain.customers.feedback.feedback import Feedback

FEEDBACK = target(Feedback, "/v1/feedback")

router = Router(
    prefix=FEEDBACK.location,
    tags=["feedback"],
    route_class=StrictRoute,
    dependencies=[may("feedback:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def submit(request: Request, body: bodies.SubmissionBody) -> Response:
    """Submit feedback that a customer gave without being asked."""
    return await FEEDBACK.new(request, feedback.submit, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def submit_by_external_id(request: Request, system: System, external: External, body: bodies.SubmissionBody) -> Response:
    """Submit the feedback with this external id, whether the customer was asked or not.

    The same values again are a repeat. Other values are refused if the feedback was submitted before.
    """
    return await FEEDBACK.by_external_id(request, system, external, feedback.submit, body)


@router.post("/requests", status_code=201, responses=CREATED)
async def ask(request: Request, body: bodies.RequestBody) -> Response:
    """Record that a customer was asked for feedback. The response rate needs these requests."""
    if known := body.external:
        return await FEEDBACK.by_external_id(request, known.system, known.id, feedback.request, body)
    return await FEEDBACK.new(request, feedback.request, body)


@router.post("/{id}/submission")
async def answer(request: Request, id: UUID, body: bodies.SubmissionBody) -> Response:
    """Submit the answer of a customer who was asked."""
    return await FEEDBACK.by_id(request, id, feedback.answer, body)


@router.post("/{id}/acknowledgement")
async def acknowledge(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Acknowledge the feedback: somebody has read it."""
    return await FEEDBACK.by_id(request, id, feedback.acknowledge, body)


@router.post("/{id}/actions")
async def take_action(request: Request, id: UUID, body: bodies.ActionBody) -> Response:
    """Record an action that was taken on the feedback. The feedback stays open."""
    return await FEEDBACK.by_id(request, id, feedback.take_action, body)


@router.post("/{id}/resolution")
async def resolve(request: Request, id: UUID, body: bodies.ResolutionBody | None = None) -> Response:
    """Resolve the feedback: no more work is needed on it."""
    return await FEEDBACK.by_id(request, id, feedback.resolve, body)


@router.post("/{id}/dismissal")
async def dismiss(request: Request, id: UUID, body: bodies.DismissalBody) -> Response:
    """Dismiss the feedback: nothing will be done about it."""
    return await FEEDBACK.by_id(request, id, feedback.dismiss, body)


add_routes(router, Feedback)
