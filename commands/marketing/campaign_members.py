"""The commands on a campaign's members. A member is a customer or a lead; a command names exactly one of the two.

An unknown campaign and an unknown or erased customer or lead are refused. For a merged customer, the survivor is the member.
For a lead that has a customer, the customer is the member; but if the lead is already a member, the lead remains the member.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict, Unpack
from uuid import UUID

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.values import TREATMENT
from domain.marketing.campaign_member.events import (
    Bounce,
    Bounced,
    Clicked,
    Converted,
    Deferred,
    Delivered,
    Machine,
    MarkedAsSpam,
    Opened,
    Removed,
    Responded,
    Sent,
    Suppressed,
    Targeted,
    Touch,
    Unsubscribed,
    Visited,
)
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.shared.refusals import Malformed


class TouchFacts(TypedDict, total=False):
    """The facts that every touch may have: its id, the id of the sent message, the channel and the contact method."""

    touch_id: str | None
    send_id: str | None
    channel: str | None
    method_id: UUID | None


class Who(TypedDict, total=False):
    """A customer or a lead, by id."""

    customer_id: UUID | None
    lead_id: UUID | None


class Fact(Who, TouchFacts, total=False): ...


class MemberIds(TypedDict):
    """The ids that every fact about a member contains."""

    campaign_id: UUID
    customer_id: UUID | None
    lead_id: UUID | None


def target(work: UnitOfWork, *, campaign_id: UUID, variant: str = TREATMENT, **who: Unpack[Who]) -> CampaignMember:
    """Makes a customer or lead a target of the campaign.

    `variant` is a treatment's code, or `control`. Raises MemberTargetedOtherwise.
    """
    campaign = work.existing(Campaign, campaign_id)
    member, ids = _member(work, campaign_id, **who)
    member.target(
        work.context,
        Targeted(**ids, variant=variant),
        unknown_variant=not campaign.has_variant(variant),
        campaign_ended=campaign.ended_before(work.context),
    )
    return member


def suppress(work: UnitOfWork, *, campaign_id: UUID, reason: str, **who: Unpack[Who]) -> CampaignMember:
    """`reason` is a code such as `no_consent`."""
    member, ids = _member(work, campaign_id, **who)
    member.suppress(work.context, Suppressed(**ids, reason=reason))
    return member


def remove(work: UnitOfWork, *, campaign_id: UUID, reason: str | None = None, **who: Unpack[Who]) -> CampaignMember:
    """Removes a member. Raises NotThere if the customer or lead never was a member."""
    member, ids = _member(work, campaign_id, **who)
    member.require().remove(work.context, Removed(**ids, reason=reason))
    return member


# Touches


def send(work: UnitOfWork, *, campaign_id: UUID, **facts: Unpack[Fact]) -> CampaignMember:
    return _touch(work, Sent, campaign_id, **facts)


def defer(work: UnitOfWork, *, campaign_id: UUID, **facts: Unpack[Fact]) -> CampaignMember:
    return _touch(work, Deferred, campaign_id, **facts)


def deliver(work: UnitOfWork, *, campaign_id: UUID, **facts: Unpack[Fact]) -> CampaignMember:
    return _touch(work, Delivered, campaign_id, **facts)


def bounce(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    bounce: Bounce = "unknown",
    code: str | None = None,
    **facts: Unpack[Fact],
) -> CampaignMember:
    return _touch(work, Bounced, campaign_id, bounce=bounce, code=code, **facts)


def open(work: UnitOfWork, *, campaign_id: UUID, machine: Machine = "unknown", **facts: Unpack[Fact]) -> CampaignMember:
    return _touch(work, Opened, campaign_id, machine=machine, **facts)


def click(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    url: str | None = None,
    machine: Machine = "unknown",
    **facts: Unpack[Fact],
) -> CampaignMember:
    return _touch(work, Clicked, campaign_id, url=url, machine=machine, **facts)


def visit(work: UnitOfWork, *, campaign_id: UUID, **facts: Unpack[Fact]) -> CampaignMember:
    return _touch(work, Visited, campaign_id, **facts)


def respond(work: UnitOfWork, *, campaign_id: UUID, status: str | None = None, **facts: Unpack[Fact]) -> CampaignMember:
    """`status` is a code such as `interested`."""
    return _touch(work, Responded, campaign_id, status=status, **facts)


def unsubscribe(work: UnitOfWork, *, campaign_id: UUID, **facts: Unpack[Fact]) -> CampaignMember:
    return _touch(work, Unsubscribed, campaign_id, **facts)


def mark_as_spam(work: UnitOfWork, *, campaign_id: UUID, **facts: Unpack[Fact]) -> CampaignMember:
    return _touch(work, MarkedAsSpam, campaign_id, **facts)


def retract_touch(
    work: UnitOfWork, *, campaign_id: UUID, touch_id: str, reason: str | None = None, **who: Unpack[Who]
) -> CampaignMember:
    member, _ = _member(work, campaign_id, **who)
    member.require().retract_touch(work.context, touch_id, reason=reason)
    return member


# Conversions


def convert(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    conversion_id: str | None = None,
    order_id: UUID | None = None,
    value: Decimal | None = None,
    currency: str | None = None,
    channel: str | None = None,
    **who: Unpack[Who],
) -> CampaignMember:
    """Records a conversion, identified by its own id or by the order's id. Without a currency, `value` is in the campaign's.

    Raises NotThere if the order does not exist, and Malformed if neither id is given.
    """
    member, ids = _member(work, campaign_id, **who)
    if order_id is not None:
        work.existing(Order, order_id)
    if value is not None and currency is None:
        currency = work.existing(Campaign, campaign_id).currency
    converted = Converted(
        **ids,
        conversion_id=_conversion_id(conversion_id, order_id),
        order_id=order_id,
        value=value,
        currency=currency,
        channel=channel,
    )
    member.convert(work.context, converted)
    return member


def reverse_conversion(
    work: UnitOfWork, *, campaign_id: UUID, conversion_id: str, reason: str | None = None, **who: Unpack[Who]
) -> CampaignMember:
    member, _ = _member(work, campaign_id, **who)
    member.require().reverse_conversion(work.context, conversion_id, reason=reason)
    return member


def _touch(
    work: UnitOfWork,
    kind: type[Touch],
    campaign_id: UUID,
    customer_id: UUID | None = None,
    lead_id: UUID | None = None,
    **facts: Any,
) -> CampaignMember:
    member, ids = _member(work, campaign_id, customer_id, lead_id)
    member.touch(work.context, kind(**ids, **facts))
    return member


def _member(
    work: UnitOfWork, campaign_id: UUID, customer_id: UUID | None = None, lead_id: UUID | None = None
) -> tuple[CampaignMember, MemberIds]:
    """The member, who may not exist yet, and the ids for the facts about the member.

    Raises NotThere, CustomerUnknown, CustomerErased, LeadErased, and Malformed unless exactly one of the two ids is given.
    """
    work.existing(Campaign, campaign_id)
    if lead_id is not None and customer_id is None:
        return _lead(work, campaign_id, lead_id)
    if customer_id is None or lead_id is not None:
        raise Malformed("A member is either a customer or a lead: give exactly one of the two ids.")
    return _customer(work, campaign_id, customer_id)


def _customer(work: UnitOfWork, campaign_id: UUID, customer_id: UUID) -> tuple[CampaignMember, MemberIds]:
    member = work.load(CampaignMember, member_id(campaign_id, customer_id))
    customer = surviving_customer(work, customer_id, member.customer_id)
    if customer.id != customer_id:
        member = work.load(CampaignMember, member_id(campaign_id, customer.id))
    return member, {"campaign_id": campaign_id, "customer_id": customer.id, "lead_id": None}


def _lead(work: UnitOfWork, campaign_id: UUID, lead_id: UUID) -> tuple[CampaignMember, MemberIds]:
    lead, member = work.existing(Lead, lead_id), work.load(CampaignMember, member_id(campaign_id, lead_id))
    lead.admit()
    ids: MemberIds = {"campaign_id": campaign_id, "customer_id": None, "lead_id": lead_id}
    if lead.customer_id is None:
        return member, ids
    as_customer = _customer(work, campaign_id, lead.customer_id)
    return (member, ids) if member.exists else as_customer


def _conversion_id(conversion_id: str | None, order_id: UUID | None) -> str:
    """Raises Malformed if neither id is given."""
    if conversion_id is not None:
        return conversion_id
    if order_id is None:
        raise Malformed("A conversion needs an id of its own or an order.")
    return str(order_id)
