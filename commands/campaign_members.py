"""What can be told about a campaign's members. A campaign that is unknown, and a customer who is unknown or erased, is refused.

A customer merged into another is the survivor, unless they were a member themselves before that.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict, Unpack
from uuid import UUID

from commands.references import surviving_customer
from commands.unit_of_work import UnitOfWork
from domain.campaign import TREATMENT, Campaign
from domain.campaign_member import (
    Bounce,
    Bounced,
    CampaignMember,
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
    member_id,
)
from domain.order import Order
from domain.refusals import Malformed


class TouchFacts(TypedDict, total=False):
    """What every touch may say: its own id, that of what was sent, on which channel, to which contact method."""

    touch_id: str | None
    send_id: str | None
    channel: str | None
    method_id: UUID | None


class Whose(TypedDict):
    """The ids that every fact about a member carries."""

    campaign_id: UUID
    customer_id: UUID


def target(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, variant: str = TREATMENT) -> CampaignMember:
    """`variant` is a treatment by its code, or `control`. Raises MemberTargetedOtherwise."""
    campaign = work.existing(Campaign, campaign_id)
    member, whose = _member(work, campaign_id, customer_id)
    member.target(
        work.context,
        Targeted(**whose, variant=variant),
        unknown_variant=not campaign.has_variant(variant),
        campaign_ended=campaign.ended_before(work.context),
    )
    return member


def suppress(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, reason: str) -> CampaignMember:
    """`reason` is a code such as `no_consent`."""
    member, whose = _member(work, campaign_id, customer_id)
    member.suppress(work.context, Suppressed(**whose, reason=reason))
    return member


def remove(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, reason: str | None = None) -> CampaignMember:
    """Raises NotThere where they never were a member."""
    member, whose = _member(work, campaign_id, customer_id)
    member.require().remove(work.context, Removed(**whose, reason=reason))
    return member


# Touches


def send(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, **facts: Unpack[TouchFacts]) -> CampaignMember:
    return _touch(work, Sent, campaign_id, customer_id, **facts)


def defer(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, **facts: Unpack[TouchFacts]) -> CampaignMember:
    return _touch(work, Deferred, campaign_id, customer_id, **facts)


def deliver(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, **facts: Unpack[TouchFacts]) -> CampaignMember:
    return _touch(work, Delivered, campaign_id, customer_id, **facts)


def bounce(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    customer_id: UUID,
    bounce: Bounce = "unknown",
    code: str | None = None,
    **facts: Unpack[TouchFacts],
) -> CampaignMember:
    return _touch(work, Bounced, campaign_id, customer_id, bounce=bounce, code=code, **facts)


def open(
    work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, machine: Machine = "unknown", **facts: Unpack[TouchFacts]
) -> CampaignMember:
    return _touch(work, Opened, campaign_id, customer_id, machine=machine, **facts)


def click(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    customer_id: UUID,
    url: str | None = None,
    machine: Machine = "unknown",
    **facts: Unpack[TouchFacts],
) -> CampaignMember:
    return _touch(work, Clicked, campaign_id, customer_id, url=url, machine=machine, **facts)


def visit(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, **facts: Unpack[TouchFacts]) -> CampaignMember:
    return _touch(work, Visited, campaign_id, customer_id, **facts)


def respond(
    work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, status: str | None = None, **facts: Unpack[TouchFacts]
) -> CampaignMember:
    """`status` is a code such as `interested`."""
    return _touch(work, Responded, campaign_id, customer_id, status=status, **facts)


def unsubscribe(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, **facts: Unpack[TouchFacts]) -> CampaignMember:
    return _touch(work, Unsubscribed, campaign_id, customer_id, **facts)


def mark_as_spam(work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, **facts: Unpack[TouchFacts]) -> CampaignMember:
    return _touch(work, MarkedAsSpam, campaign_id, customer_id, **facts)


def retract_touch(
    work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, touch_id: str, reason: str | None = None
) -> CampaignMember:
    member, _ = _member(work, campaign_id, customer_id)
    member.require().retract_touch(work.context, touch_id, reason=reason)
    return member


# Conversions


def convert(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    customer_id: UUID,
    conversion_id: str | None = None,
    order_id: UUID | None = None,
    value: Decimal | None = None,
    currency: str | None = None,
    channel: str | None = None,
) -> CampaignMember:
    """By its own id, or by that of its order. A value is in the campaign's currency where none is given.

    Raises NotThere where the order is unknown.
    """
    member, whose = _member(work, campaign_id, customer_id)
    if order_id is not None:
        work.existing(Order, order_id)
    if value is not None and currency is None:
        currency = work.existing(Campaign, campaign_id).currency
    converted = Converted(
        **whose,
        conversion_id=_conversion_id(conversion_id, order_id),
        order_id=order_id,
        value=value,
        currency=currency,
        channel=channel,
    )
    member.convert(work.context, converted)
    return member


def reverse_conversion(
    work: UnitOfWork, *, campaign_id: UUID, customer_id: UUID, conversion_id: str, reason: str | None = None
) -> CampaignMember:
    member, _ = _member(work, campaign_id, customer_id)
    member.require().reverse_conversion(work.context, conversion_id, reason=reason)
    return member


def _touch(work: UnitOfWork, kind: type[Touch], campaign_id: UUID, customer_id: UUID, **facts: Any) -> CampaignMember:
    member, whose = _member(work, campaign_id, customer_id)
    member.touch(work.context, kind(**whose, **facts))
    return member


def _member(work: UnitOfWork, campaign_id: UUID, customer_id: UUID) -> tuple[CampaignMember, Whose]:
    """The member, there or not yet, and whose facts they are. Raises NotThere, CustomerUnknown, CustomerErased."""
    work.existing(Campaign, campaign_id)
    member = work.load(CampaignMember, member_id(campaign_id, customer_id))
    customer = surviving_customer(work, customer_id, member.customer_id)
    if customer.id != customer_id:
        member = work.load(CampaignMember, member_id(campaign_id, customer.id))
    return member, {"campaign_id": campaign_id, "customer_id": customer.id}


def _conversion_id(conversion_id: str | None, order_id: UUID | None) -> str:
    """Raises Malformed where there is neither."""
    if conversion_id is not None:
        return conversion_id
    if order_id is None:
        raise Malformed("A conversion has an id of its own, or an order.")
    return str(order_id)
