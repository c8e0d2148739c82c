"""What can be asked of touchpoints: to be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.touchpoint import Kind, Touchpoint
from domain.sales.lead.lead import Lead
from domain.shared.utm import Utm


def record(
    work: UnitOfWork,
    *,
    touchpoint_id: UUID,
    channel: str,
    kind: Kind,
    customer_id: UUID | None = None,
    lead_id: UUID | None = None,
    campaign_id: UUID | None = None,
    utm: Utm | None = None,
    anonymous_id: str | None = None,
    click_ids: Mapping[str, str] | None = None,
) -> Touchpoint:
    """The same values again are a repeat.

    A customer who is unknown or erased is refused, and for one merged into another the survivor is recorded; for a lead of a
    customer that customer too. Raises NotThere where there is no such lead or campaign, and LeadErased.
    """
    touchpoint = work.load(Touchpoint, touchpoint_id)
    if campaign_id is not None:
        work.existing(Campaign, campaign_id)
    touchpoint.touch(
        work.context,
        channel=channel,
        kind=kind,
        customer_id=_customer_id(work, touchpoint, customer_id, lead_id),
        lead_id=lead_id,
        campaign_id=campaign_id,
        utm=utm,
        anonymous_id=anonymous_id,
        click_ids=click_ids,
    )
    return touchpoint


def _customer_id(work: UnitOfWork, touchpoint: Touchpoint, customer_id: UUID | None, lead_id: UUID | None) -> UUID | None:
    """The customer to record: who is named, or else whose lead it was when it was recorded. Raises NotThere, CustomerErased."""
    lead = None if lead_id is None else work.existing(Lead, lead_id)
    if touchpoint.recorded is not None:
        known = touchpoint.recorded.customer_id
        return known if customer_id is None else surviving_customer(work, customer_id, known).id
    if customer_id is None and lead is not None:
        customer_id = lead.customer_id
    return None if customer_id is None else surviving_customer(work, customer_id).id
