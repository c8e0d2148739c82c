"""Whom a touch concerns, and whether it still stands."""

from __future__ import annotations

from uuid import UUID

from commands.shared.references import surviving_customer, survivors_of
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.marketing.campaign_member.events import Touch
from domain.marketing.campaign_member.member import CampaignMember
from domain.sales.lead.lead import Lead


def customer_of(work: UnitOfWork, touch: Touch) -> UUID | None:
    """The customer who was touched; for a lead, the customer that the lead became, if any."""
    if touch.customer_id is not None or touch.lead_id is None:
        return touch.customer_id
    return work.load(Lead, touch.lead_id).customer_id


def stands(touch: Touch, member: CampaignMember) -> bool:
    """Whether the touch was not retracted."""
    return touch in member.touches


def record_of(work: UnitOfWork, customer_id: UUID, merged_id: UUID | None) -> Customer | None:
    """The record of the customer's survivor, or of `merged_id`; None if that customer is not merged into the survivor now.

    Raises CustomerErased.
    """
    survivor = surviving_customer(work, customer_id)
    if merged_id is None:
        return survivor
    return work.load(Customer, merged_id) if survivor.id in survivors_of(work, merged_id) else None
