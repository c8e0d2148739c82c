"""Commands on campaign members over HTTP: targeting, touches and conversions, in bulk and one by one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import Request, Response

from api.marketing import campaign_member_bodies as bodies
from api.shared.access import may
from api.shared.bulk import EACH, Item, carry_out_each
from api.shared.commanding import carry_out
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import Command
from commands.marketing import campaign_members
from domain.marketing.campaign_member.member import member_id

router = Router(
    prefix="/v1/campaigns/{id}",
    tags=["campaigns"],
    route_class=StrictRoute,
    dependencies=[may("campaigns:write")],
    responses=ACCEPTED,
)

TOUCHES: Mapping[str, Command] = {
    "sent": campaign_members.send,
    "deferred": campaign_members.defer,
    "delivered": campaign_members.deliver,
    "bounced": campaign_members.bounce,
    "opened": campaign_members.open,
    "clicked": campaign_members.click,
    "visited": campaign_members.visit,
    "responded": campaign_members.respond,
    "unsubscribed": campaign_members.unsubscribe,
    "marked_as_spam": campaign_members.mark_as_spam,
    "converted": campaign_members.convert,
}


@router.post("/members", responses=EACH)
async def target(request: Request, id: UUID, body: bodies.MembersBody) -> Response:
    """Target up to 1,000 customers and leads in one request, each with a variant; a `control` member is sent nothing.

    Each item succeeds or fails on its own. A list that does not match the schema is refused as a whole.
    """
    items = (_item(id, campaign_members.target, member) for member in body.members)
    return await carry_out_each(request, list(items))


@router.post("/touches", responses=EACH)
async def touch(request: Request, id: UUID, body: bodies.TouchesBody) -> Response:
    """Record up to 1,000 touches and conversions of members, in any order. Each item succeeds or fails on its own."""
    items = (_item(id, TOUCHES[touch.kind], touch) for touch in body.touches)
    return await carry_out_each(request, list(items))


@router.post("/members/{customer_id}/suppression")
async def suppress(request: Request, id: UUID, customer_id: UUID, body: bodies.SuppressionBody) -> Response:
    """Suppress a targeted member: nothing may be sent to them."""
    return await _on_member(request, id, campaign_members.suppress, body, customer_id=customer_id)


@router.post("/members/{customer_id}/removal")
async def remove(request: Request, id: UUID, customer_id: UUID, body: bodies.RemovalBody | None = None) -> Response:
    """Remove a member from the campaign. Targeting them again makes them a member again."""
    return await _on_member(request, id, campaign_members.remove, body, customer_id=customer_id)


@router.post("/members/{customer_id}/touches/retraction")
async def retract_touch(request: Request, id: UUID, customer_id: UUID, body: bodies.RetractionBody) -> Response:
    """Retract a touch that did not happen."""
    return await _on_member(request, id, campaign_members.retract_touch, body, customer_id=customer_id)


@router.post("/members/{customer_id}/conversions/reversal")
async def reverse_conversion(request: Request, id: UUID, customer_id: UUID, body: bodies.ConversionReversalBody) -> Response:
    """Reverse a conversion that is no longer valid."""
    return await _on_member(request, id, campaign_members.reverse_conversion, body, customer_id=customer_id)


# Leads


@router.post("/leads/{lead_id}/suppression")
async def suppress_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.SuppressionBody) -> Response:
    """Suppress a targeted lead: nothing may be sent to it."""
    return await _on_member(request, id, campaign_members.suppress, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/removal")
async def remove_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.RemovalBody | None = None) -> Response:
    """Remove a lead from the campaign. Targeting it again makes it a member again."""
    return await _on_member(request, id, campaign_members.remove, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/touches/retraction")
async def retract_touch_of_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.RetractionBody) -> Response:
    """Retract a lead's touch that did not happen."""
    return await _on_member(request, id, campaign_members.retract_touch, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/conversions/reversal")
async def reverse_conversion_of_lead(
    request: Request, id: UUID, lead_id: UUID, body: bodies.ConversionReversalBody
) -> Response:
    """Reverse a lead's conversion that is no longer valid."""
    return await _on_member(request, id, campaign_members.reverse_conversion, body, lead_id=lead_id)


# Customers and leads


async def _on_member(request: Request, campaign_id: UUID, command: Command, body: CommandBody | None, **who: UUID) -> Response:
    [person_id] = who.values()
    facts = {"campaign_id": campaign_id, **who, **(body.facts() if body else {})}
    return await carry_out(request, command, body, target=member_id(campaign_id, person_id), **facts)


def _item(campaign_id: UUID, command: Command, body: bodies.WhoBody) -> Item:
    # The command refuses a body that names no member, and one that names both a customer and a lead.
    person_id = body.customer_id or body.lead_id or campaign_id
    return Item(command, body, member_id(campaign_id, person_id), {"campaign_id": campaign_id, **body.facts()})
