"""What can be asked of leads."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack
from uuid import UUID

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.campaign.campaign import Campaign
from domain.sales.deal.deal import Deal
from domain.sales.lead.events import Converted
from domain.sales.lead.lead import Facts, Lead
from domain.sales.lead.refusals import LeadCapturedOtherwise
from domain.sales.order.order import Order
from domain.shared.erasure import ErasureReason, Requester

REGISTER = "lead"


def capture(
    work: UnitOfWork,
    *,
    lead_id: UUID,
    number: str | None = None,
    customer_id: UUID | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Lead:
    """The same values again are a repeat; without a number one is drawn. `external` is (system, id).

    A customer who is unknown or erased is refused, and so is an unknown campaign; for a customer merged into another, the
    survivor is recorded. Raises NumberTaken, LeadCapturedOtherwise.
    """
    lead = work.load(Lead, lead_id)
    if (campaign_id := facts.get("campaign_id")) is not None:
        work.existing(Campaign, campaign_id)
    recorded = lead.captured.customer_id if lead.captured else None
    lead.capture(
        work.context,
        number=_number(work, lead, number),
        customer_id=None if customer_id is None else surviving_customer(work, customer_id, recorded).id,
        external=external,
        **facts,
    )
    return lead


def create_or_change(
    work: UnitOfWork,
    *,
    lead_id: UUID,
    number: str | None = None,
    customer_id: UUID | None = None,
    external: tuple[str, str] | None = None,
    stage: str | None = None,
    **facts: Unpack[Facts],
) -> Lead:
    """Captures a lead that is not there; of one that is, records another stage, where one is told.

    Raises LeadCapturedOtherwise where something is told otherwise with which it was captured, for that stays.
    """
    lead = work.load(Lead, lead_id)
    if not lead.exists:
        capture(work, lead_id=lead_id, number=number, customer_id=customer_id, external=external, **facts)
    else:
        lead.admit()
        _refuse_otherwise(work, lead, number, customer_id, facts)
        if external:
            lead.link_external_id(work.context, *external)
    if stage is not None and stage != lead.stage:
        lead.change_stage(work.context, stage)
    return lead


def change_stage(work: UnitOfWork, *, lead_id: UUID, stage: str) -> Lead:
    lead = work.existing(Lead, lead_id)
    lead.change_stage(work.context, stage)
    return lead


def qualify(work: UnitOfWork, *, lead_id: UUID) -> Lead:
    lead = work.existing(Lead, lead_id)
    lead.qualify(work.context)
    return lead


def convert(
    work: UnitOfWork,
    *,
    lead_id: UUID,
    customer_id: UUID,
    deal_id: UUID | None = None,
    order_id: UUID | None = None,
    value: Decimal | None = None,
    currency: str | None = None,
) -> Lead:
    """Raises CustomerUnknown, CustomerErased, NotThere for an unknown deal or order; LeadConvertedOtherwise."""
    lead = work.existing(Lead, lead_id)
    recorded = lead.conversion.customer_id if lead.conversion else None
    customer = surviving_customer(work, customer_id, recorded)
    if deal_id is not None:
        work.existing(Deal, deal_id)
    if order_id is not None:
        work.existing(Order, order_id)
    converted = Converted(customer_id=customer.id, deal_id=deal_id, order_id=order_id, value=value, currency=currency)
    lead.convert(work.context, converted)
    return lead


def lose(work: UnitOfWork, *, lead_id: UUID, reason: str | None = None) -> Lead:
    lead = work.existing(Lead, lead_id)
    lead.lose(work.context, reason=reason)
    return lead


def reopen(work: UnitOfWork, *, lead_id: UUID, reason: str | None = None) -> Lead:
    lead = work.existing(Lead, lead_id)
    lead.reopen(work.context, reason=reason)
    return lead


def erase(work: UnitOfWork, *, lead_id: UUID, reason: ErasureReason, requested_by: Requester, receipt: str) -> Lead:
    """The key of the lead's personal data goes in the same commit. Raises LeadOfCustomer, NotThere."""
    lead = work.load(Lead, lead_id)
    lead.erase(work.context, reason=reason, requested_by=requested_by, receipt=receipt)
    return lead


def _number(work: UnitOfWork, lead: Lead, number: str | None) -> str:
    """The number to capture with. A lead that is there keeps its own, and a repeat draws none."""
    if lead.number is not None:
        return number or lead.number
    if number is not None:
        return work.claim(REGISTER, number, lead.id)
    return work.next_number(REGISTER, lead.id)


def _refuse_otherwise(work: UnitOfWork, lead: Lead, number: str | None, customer_id: UUID | None, facts: Facts) -> None:
    """Raises LeadCapturedOtherwise where something is told with another value than the lead was captured with."""
    assert lead.captured is not None, "a lead begins by being captured"
    known: Facts = {
        "channel": lead.captured.channel,
        "contact": lead.captured.contact,
        "origin": lead.captured.origin,
        "campaign_id": lead.captured.campaign_id,
        "value": lead.captured.value,
        "currency": lead.captured.currency,
    }
    own = lead.captured.customer_id
    told = own if customer_id is None else surviving_customer(work, customer_id, own).id
    if told != own and told != lead.customer_id:
        raise LeadCapturedOtherwise("The lead was captured with another customer, which stays.", id=lead.id)
    lead.capture(work.context, number=number or lead.captured.number, customer_id=own, **(known | facts))
