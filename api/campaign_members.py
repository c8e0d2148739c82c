"""Commands on the members of campaigns, over HTTP: who is reached, and what came of it, in lists and one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api import campaign_member_bodies as bodies
from api.access import may
from api.bulk import EACH, Item, carry_out_each
from api.commanding import carry_out
from api.fields import Told
from api.openapi import ACCEPTED
from api.strict import StrictRoute
from commands import campaign_members
from domain.campaign_member import CampaignMember, member_id

router = APIRouter(
    prefix="/v1/campaigns/{id}",
    tags=["campaigns"],
    route_class=StrictRoute,
    dependencies=[may("campaigns:write")],
    responses=ACCEPTED,
)

TOUCHES: Mapping[str, Callable[..., CampaignMember]] = {
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
    """Target customers, up to 1,000 at once: each with the variant they get, or as `control`, to whom nothing is sent.

    Each stands alone; a list that does not fit the schema does nothing at all.
    """
    items = (_item(id, campaign_members.target, member, member.customer_id, variant=member.variant) for member in body.members)
    return await carry_out_each(request, list(items))


@router.post("/touches", responses=EACH)
async def touch(request: Request, id: UUID, body: bodies.TouchesBody) -> Response:
    """What happened to members, up to 1,000 facts at once and in any order. Each stands alone."""
    items = (_item(id, TOUCHES[touch.kind], touch, touch.customer_id, **touch.facts()) for touch in body.touches)
    return await carry_out_each(request, list(items))


@router.post("/members/{customer_id}/suppression")
async def suppress(request: Request, id: UUID, customer_id: UUID, body: bodies.SuppressionBody) -> Response:
    """Nothing is to be sent to them, although they were chosen."""
    return await _on_member(request, id, customer_id, campaign_members.suppress, body, reason=body.reason)


@router.post("/members/{customer_id}/removal")
async def remove(request: Request, id: UUID, customer_id: UUID, body: bodies.RemovalBody | None = None) -> Response:
    """They are a member no longer, unless targeted again."""
    return await _on_member(request, id, customer_id, campaign_members.remove, body, reason=body and body.reason)


@router.post("/members/{customer_id}/touches/retraction")
async def retract_touch(request: Request, id: UUID, customer_id: UUID, body: bodies.RetractionBody) -> Response:
    """A touch did not happen."""
    facts = {"touch_id": body.touch_id, "reason": body.reason}
    return await _on_member(request, id, customer_id, campaign_members.retract_touch, body, **facts)


@router.post("/members/{customer_id}/conversions/reversal")
async def reverse_conversion(request: Request, id: UUID, customer_id: UUID, body: bodies.ConversionReversalBody) -> Response:
    """A conversion did not hold."""
    facts = {"conversion_id": body.conversion_id, "reason": body.reason}
    return await _on_member(request, id, customer_id, campaign_members.reverse_conversion, body, **facts)


def _item(campaign_id: UUID, function: Callable[..., CampaignMember], told: Told, customer_id: UUID, **facts: Any) -> Item:
    whose = {"campaign_id": campaign_id, "customer_id": customer_id}
    return Item(function, told, member_id(campaign_id, customer_id), whose | facts)


async def _on_member(
    request: Request, campaign_id: UUID, customer_id: UUID, function: Any, told: Told | None, **facts: Any
) -> Response:
    target = member_id(campaign_id, customer_id)
    return await carry_out(request, function, told, target=target, campaign_id=campaign_id, customer_id=customer_id, **facts)
