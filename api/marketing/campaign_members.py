"""Commands on the members of campaigns, over HTTP: who is reached, and what came of it, in lists and one by one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.marketing import campaign_member_bodies as bodies
from api.shared.access import may
from api.shared.bulk import EACH, Item, carry_out_each
from api.shared.commanding import carry_out
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED
from api.shared.strict import StrictRoute
from api.shared.targets import Command
from commands.marketing import campaign_members
from domain.marketing.campaign_member.member import member_id

router = APIRouter(
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
    """Target customers and leads, up to 1,000 at once: each with their variant, or as `control`, to whom nothing is sent.

    Each stands alone; a list that does not fit the schema does nothing at all.
    """
    items = (_item(id, campaign_members.target, member) for member in body.members)
    return await carry_out_each(request, list(items))


@router.post("/touches", responses=EACH)
async def touch(request: Request, id: UUID, body: bodies.TouchesBody) -> Response:
    """What happened to members, up to 1,000 facts at once and in any order. Each stands alone."""
    items = (_item(id, TOUCHES[touch.kind], touch) for touch in body.touches)
    return await carry_out_each(request, list(items))


@router.post("/members/{customer_id}/suppression")
async def suppress(request: Request, id: UUID, customer_id: UUID, body: bodies.SuppressionBody) -> Response:
    """Nothing is to be sent to them, although they were chosen."""
    return await _on_member(request, id, campaign_members.suppress, body, customer_id=customer_id)


@router.post("/members/{customer_id}/removal")
async def remove(request: Request, id: UUID, customer_id: UUID, body: bodies.RemovalBody | None = None) -> Response:
    """They are a member no longer, unless targeted again."""
    return await _on_member(request, id, campaign_members.remove, body, customer_id=customer_id)


@router.post("/members/{customer_id}/touches/retraction")
async def retract_touch(request: Request, id: UUID, customer_id: UUID, body: bodies.RetractionBody) -> Response:
    """A touch did not happen."""
    return await _on_member(request, id, campaign_members.retract_touch, body, customer_id=customer_id)


@router.post("/members/{customer_id}/conversions/reversal")
async def reverse_conversion(request: Request, id: UUID, customer_id: UUID, body: bodies.ConversionReversalBody) -> Response:
    """A conversion did not hold."""
    return await _on_member(request, id, campaign_members.reverse_conversion, body, customer_id=customer_id)


# Leads


@router.post("/leads/{lead_id}/suppression")
async def suppress_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.SuppressionBody) -> Response:
    """Nothing is to be sent to the lead, although it was chosen."""
    return await _on_member(request, id, campaign_members.suppress, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/removal")
async def remove_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.RemovalBody | None = None) -> Response:
    """The lead is a member no longer, unless targeted again."""
    return await _on_member(request, id, campaign_members.remove, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/touches/retraction")
async def retract_touch_of_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.RetractionBody) -> Response:
    """A touch of the lead did not happen."""
    return await _on_member(request, id, campaign_members.retract_touch, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/conversions/reversal")
async def reverse_conversion_of_lead(
    request: Request, id: UUID, lead_id: UUID, body: bodies.ConversionReversalBody
) -> Response:
    """A conversion of the lead did not hold."""
    return await _on_member(request, id, campaign_members.reverse_conversion, body, lead_id=lead_id)


# Either


async def _on_member(request: Request, campaign_id: UUID, command: Command, body: CommandBody | None, **who: UUID) -> Response:
    [of] = who.values()
    facts = {"campaign_id": campaign_id, **who, **(body.facts() if body else {})}
    return await carry_out(request, command, body, target=member_id(campaign_id, of), **facts)


def _item(campaign_id: UUID, command: Command, body: bodies.WhoBody) -> Item:
    # Where neither is named, or both are, the command refuses.
    of = body.customer_id or body.lead_id or campaign_id
    return Item(command, body, member_id(campaign_id, of), {"campaign_id": campaign_id, **body.facts()})
