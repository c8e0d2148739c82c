"""What can be asked of leads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Unpack
from uuid import UUID

from commands.shared.creating import number_for
from commands.shared.deciding import begins, decides
from commands.shared.references import surviving_customer, survivor_id
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.campaign.campaign import Campaign
from domain.sales.deal.deal import Deal
from domain.sales.lead.events import Converted
from domain.sales.lead.lead import Facts, Lead
from domain.sales.lead.refusals import LeadCapturedOtherwise
from domain.sales.order.order import Order


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
        number=number_for(work, lead, number),
        customer_id=survivor_id(work, customer_id, recorded),
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


change_stage = decides(Lead, Lead.change_stage)
qualify = decides(Lead, Lead.qualify)


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


lose = decides(Lead, Lead.lose)
reopen = decides(Lead, Lead.reopen)
erase = begins(Lead, Lead.erase)
"""The key of the lead's personal data goes in the same commit."""


def _refuse_otherwise(work: UnitOfWork, lead: Lead, number: str | None, customer_id: UUID | None, facts: Facts) -> None:
    """Raises LeadCapturedOtherwise where something is told with another value than the lead was captured with."""
    assert lead.captured is not None, "a lead begins by being captured"
    known: dict[str, Any] = {name: getattr(lead.captured, name) for name in Facts.__annotations__}
    known.update(facts)
    own = lead.captured.customer_id
    told = own if customer_id is None else surviving_customer(work, customer_id, own).id
    if told != own and told != lead.customer_id:
        raise LeadCapturedOtherwise("The lead was captured with another customer, which stays.", id=lead.id)
    lead.capture(work.context, number=number or lead.captured.number, customer_id=own, **known)
