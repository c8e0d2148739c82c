"""Commands on the members of campaigns, over HTTP: who is reached, and what came of it, in lists and one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.marketing import campaign_member_bodies as bodies
from api.shared.access import may
from api.shared.bulk import EACH, Item, carry_out_each
from api.shared.commanding import carry_out
from api.shared.fields import Told
from api.shared.openapi import ACCEPTED
from api.shared.strict import StrictRoute
from commands.marketing import campaign_members
from domain.marketing.campaign_member.member import CampaignMember, member_id

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
    return await _suppress(request, id, body, customer_id=customer_id)


@router.post("/members/{customer_id}/removal")
async def remove(request: Request, id: UUID, customer_id: UUID, body: bodies.RemovalBody | None = None) -> Response:
    """They are a member no longer, unless targeted again."""
    return await _remove(request, id, body, customer_id=customer_id)


@router.post("/members/{customer_id}/touches/retraction")
async def retract_touch(request: Request, id: UUID, customer_id: UUID, body: bodies.RetractionBody) -> Response:
    """A touch did not happen."""
    return await _retract_touch(request, id, body, customer_id=customer_id)


@router.post("/members/{customer_id}/conversions/reversal")
async def reverse_conversion(request: Request, id: UUID, customer_id: UUID, body: bodies.ConversionReversalBody) -> Response:
    """A conversion did not hold."""
    return await _reverse_conversion(request, id, body, customer_id=customer_id)


# Leads


@router.post("/leads/{lead_id}/suppression")
async def suppress_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.SuppressionBody) -> Response:
    """Nothing is to be sent to the lead, although it was chosen."""
    return await _suppress(request, id, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/removal")
async def remove_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.RemovalBody | None = None) -> Response:
    """The lead is a member no longer, unless targeted again."""
    return await _remove(request, id, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/touches/retraction")
async def retract_touch_of_lead(request: Request, id: UUID, lead_id: UUID, body: bodies.RetractionBody) -> Response:
    """A touch of the lead did not happen."""
    return await _retract_touch(request, id, body, lead_id=lead_id)


@router.post("/leads/{lead_id}/conversions/reversal")
async def reverse_conversion_of_lead(
    request: Request, id: UUID, lead_id: UUID, body: bodies.ConversionReversalBody
) -> Response:
    """A conversion of the lead did not hold."""
    return await _reverse_conversion(request, id, body, lead_id=lead_id)


# Either


async def _suppress(request: Request, id: UUID, body: bodies.SuppressionBody, **who: UUID) -> Response:
    return await _on_member(request, id, campaign_members.suppress, body, who, reason=body.reason)


async def _remove(request: Request, id: UUID, body: bodies.RemovalBody | None, **who: UUID) -> Response:
    return await _on_member(request, id, campaign_members.remove, body, who, reason=body and body.reason)


async def _retract_touch(request: Request, id: UUID, body: bodies.RetractionBody, **who: UUID) -> Response:
    facts = {"touch_id": body.touch_id, "reason": body.reason}
    return await _on_member(request, id, campaign_members.retract_touch, body, who, **facts)


async def _reverse_conversion(request: Request, id: UUID, body: bodies.ConversionReversalBody, **who: UUID) -> Response:
    facts = {"conversion_id": body.conversion_id, "reason": body.reason}
    return await _on_member(request, id, campaign_members.reverse_conversion, body, who, **facts)


async def _on_member(
    request: Request, campaign_id: UUID, function: Any, told: Told | None, who: Mapping[str, UUID], **facts: Any
) -> Response:
    [of] = who.values()
    whose: dict[str, Any] = {"campaign_id": campaign_id, **who}
    return await carry_out(request, function, told, target=member_id(campaign_id, of), **whose, **facts)


def _item(campaign_id: UUID, function: Callable[..., CampaignMember], told: bodies.WhoBody) -> Item:
    # Where neither is named, or both are, the command refuses.
    of = told.customer_id or told.lead_id or campaign_id
    return Item(function, told, member_id(campaign_id, of), {"campaign_id": campaign_id, **told.facts()})
