"""Commands on tickets over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from api.service import ticket_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.service import tickets
from domain.service.ticket.ticket import Ticket

TICKETS = target(Ticket, "/v1/tickets")

router = Router(
    prefix=TICKETS.location,
    tags=["tickets"],
    route_class=StrictRoute,
    dependencies=[may("tickets:write")],
    responses=ACCEPTED,
)

ReplyId = Annotated[str, Path(min_length=1, max_length=64)]


@router.post("", status_code=201, responses=CREATED)
async def open(request: Request, body: bodies.OpenBody) -> Response:
    """Open a ticket."""
    return await TICKETS.new(request, tickets.open, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.OpenBody) -> Response:
    """Open the ticket with this external id, or change the fields that differ.

    Another `number`, `channel`, `opened_by`, `follow_up_of` or `parent_id` is refused. Absent fields stay; null clears title,
    description, category and priority.
    """
    return await TICKETS.by_external_id(request, system, external, tickets.create_or_change, body)


@router.patch("/{id}")
async def change(request: Request, id: UUID, body: bodies.ChangeBody) -> Response:
    """Change title, description, category and priority (JSON merge patch): absent fields stay, null clears."""
    return await TICKETS.by_id(request, id, tickets.change, body)


@router.put("/{id}/category")
async def categorise(request: Request, id: UUID, body: bodies.CategoryBody) -> Response:
    """Set the ticket's category; null removes it."""
    return await TICKETS.by_id(request, id, tickets.categorise, body)


@router.put("/{id}/priority")
async def change_priority(request: Request, id: UUID, body: bodies.PriorityBody) -> Response:
    """Set the ticket's priority; null removes it."""
    return await TICKETS.by_id(request, id, tickets.change_priority, body)


@router.put("/{id}/requester")
async def set_requester(request: Request, id: UUID, body: bodies.RequesterBody) -> Response:
    """Set the customer of the ticket."""
    return await TICKETS.by_id(request, id, tickets.set_requester, body)


@router.post("/{id}/links")
async def link(request: Request, id: UUID, body: bodies.LinkBody) -> Response:
    """Add a customer, an order or another ticket that the ticket is about."""
    return await TICKETS.by_id(request, id, tickets.link, body)


@router.post("/{id}/replies")
async def reply(request: Request, id: UUID, body: bodies.ReplyBody) -> Response:
    """Record a reply of an agent or the customer. A closed ticket takes no reply: open a new one that follows up on it."""
    return await TICKETS.by_id(request, id, tickets.reply, body)


@router.post("/{id}/replies/{reply_id}/redaction")
async def redact_reply(request: Request, id: UUID, reply_id: ReplyId, body: bodies.RedactionBody | None = None) -> Response:
    """Hide a reply's texts, addresses and file names from now on."""
    return await TICKETS.by_id(request, id, tickets.redact_reply, body, reply_id=reply_id)


@router.post("/{id}/pending")
async def pend(request: Request, id: UUID, body: bodies.StatusBody | None = None) -> Response:
    """Set the ticket to pending: it waits for the customer."""
    return await TICKETS.by_id(request, id, tickets.pend, body)


@router.post("/{id}/hold")
async def hold(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """Put the ticket on hold: it waits for a third party."""
    return await TICKETS.by_id(request, id, tickets.hold, body)


@router.post("/{id}/resumption")
async def resume(request: Request, id: UUID, body: bodies.StatusBody | None = None) -> Response:
    """Resume work on a pending ticket or one on hold."""
    return await TICKETS.by_id(request, id, tickets.resume, body)


@router.post("/{id}/escalation")
async def escalate(request: Request, id: UUID, body: bodies.EscalationBody | None = None) -> Response:
    """Escalate the ticket to others; its status stays."""
    return await TICKETS.by_id(request, id, tickets.escalate, body)


@router.post("/{id}/solution")
async def solve(request: Request, id: UUID, body: bodies.SolutionBody | None = None) -> Response:
    """Mark the ticket as solved. A solved ticket can be reopened until it is closed."""
    return await TICKETS.by_id(request, id, tickets.solve, body)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """Reopen a solved ticket, or one that was discarded by mistake."""
    return await TICKETS.by_id(request, id, tickets.reopen, body)


@router.post("/{id}/closure")
async def close(request: Request, id: UUID, body: bodies.StatusBody | None = None) -> Response:
    """Close a solved ticket permanently."""
    return await TICKETS.by_id(request, id, tickets.close, body)


@router.post("/{id}/merge")
async def merge(request: Request, id: UUID, body: bodies.MergeBody) -> Response:
    """Merge the ticket into another one, which continues; this ticket is closed."""
    return await TICKETS.by_id(request, id, tickets.merge, body)


@router.post("/{id}/discarding")
async def discard(request: Request, id: UUID, body: bodies.DiscardBody) -> Response:
    """Discard a ticket that was not a real case: it is closed and left out of all measures."""
    return await TICKETS.by_id(request, id, tickets.discard, body)


add_routes(router, Ticket)
