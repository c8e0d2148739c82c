"""When an order that names a campaign is paid, records a conversion; when all its money is returned, reverses it.

A member converts only if they were targeted before the payment, and the payment is within the campaign's attribution window.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from commands.marketing import campaign_members
from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.policy import Policy, Reaction
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.refunds import PaymentChargedBack, PaymentRefunded, PaymentReversed
from domain.shared.aggregate import Aggregate
from domain.shared.events import Recorded
from domain.shared.occurrence import over_before

PAID = ("paid", "overpaid")


def _react(recorded: Recorded) -> Iterable[Reaction]:
    function = convert if isinstance(recorded.event, PaymentCaptured) else reverse
    yield Reaction(function, {"order_id": recorded.stream})


def convert(work: UnitOfWork, *, order_id: UUID) -> Aggregate:
    """Records a conversion with the order's total as its value. A test order, or an order not paid in full, converts nobody.

    Raises NotThere, CustomerErased.
    """
    order = work.existing(Order, order_id)
    campaign_id, member = _campaign_id(order), _member(work, order)
    if campaign_id is None or member is None or member.customer_id is None:
        return order
    if order.payment_status not in PAID or not _in_window(work, campaign_id, member):
        return order
    return campaign_members.convert(
        work,
        campaign_id=campaign_id,
        customer_id=member.customer_id,
        order_id=order.id,
        value=order.total,
        currency=order.currency,
    )


def reverse(work: UnitOfWork, *, order_id: UUID) -> Aggregate:
    """Reverses the order's conversions, unless a part of the money is kept. Raises NotThere, CustomerErased."""
    order = work.existing(Order, order_id)
    member = _member(work, order)
    if member is None or order.kept > 0:
        return order
    for conversion in list(member.conversions.values()):
        if conversion.order_id == order.id:
            member.reverse_conversion(work.context, conversion.conversion_id, reason="refunded")
    return member


def _member(work: UnitOfWork, order: Order) -> CampaignMember | None:
    """The order's customer as a member of the campaign that the order names; None if there is no such member."""
    campaign_id = _campaign_id(order)
    if campaign_id is None or order.customer_id is None:
        return None
    member = work.load(CampaignMember, member_id(campaign_id, order.customer_id))
    customer = surviving_customer(work, order.customer_id, member.customer_id)
    if customer.id != order.customer_id:
        member = work.load(CampaignMember, member_id(campaign_id, customer.id))
    return member if member.exists else None


def _campaign_id(order: Order) -> UUID | None:
    return order.placed.campaign_id if order.placed and not order.placed.test else None


def _in_window(work: UnitOfWork, campaign_id: UUID, member: CampaignMember) -> bool:
    """Whether the payment is after the targeting and within the campaign's window. Without a window, any later time counts."""
    context, targeted = work.context, member.targeted_at
    if targeted is None or over_before(context, targeted):
        return False
    window = work.existing(Campaign, campaign_id).plan.get("attribution_window_days")
    return window is None or context.at <= targeted + timedelta(days=window)


conversions = Policy("conversions", (PaymentCaptured, PaymentRefunded, PaymentChargedBack, PaymentReversed), _react)
