"""The commands on leads."""

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
    """Captures a lead; the same values again change nothing. Without a number it gets the next free one.

    `external` is (system, id). An unknown or erased customer and an unknown campaign are refused; for a merged customer, the
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
    """Captures a lead that does not exist; for an existing one, records a new stage if one is given.

    Raises LeadCapturedOtherwise if a given fact differs from the captured one: captured facts cannot change.
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
"""The encryption key of the lead's personal data is destroyed in the same commit."""


def _refuse_otherwise(work: UnitOfWork, lead: Lead, number: str | None, customer_id: UUID | None, facts: Facts) -> None:
    """Raises LeadCapturedOtherwise if a given value differs from the one that the lead was captured with."""
    assert lead.captured is not None, "the first event of a lead is Captured"
    known: dict[str, Any] = {name: getattr(lead.captured, name) for name in Facts.__annotations__}
    known.update(facts)
    own = lead.captured.customer_id
    given = own if customer_id is None else surviving_customer(work, customer_id, own).id
    if given != own and given != lead.customer_id:
        raise LeadCapturedOtherwise("The lead was captured with another customer, which cannot change.", id=lead.id)
    lead.capture(work.context, number=number or lead.captured.number, customer_id=own, **known)
