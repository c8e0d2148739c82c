"""The command that records touchpoints."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from commands.shared.references import customer_concerned
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.touchpoint import Kind, Touchpoint
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
    """Records a touchpoint; the same values again change nothing.

    An unknown or erased customer is refused; for a merged customer, the survivor is recorded; for a lead that has a customer,
    that customer is recorded too. Raises NotThere if the lead or campaign does not exist, and LeadErased.
    """
    touchpoint = work.load(Touchpoint, touchpoint_id)
    if campaign_id is not None:
        work.existing(Campaign, campaign_id)
    touchpoint.touch(
        work.context,
        channel=channel,
        kind=kind,
        customer_id=customer_concerned(work, touchpoint.recorded, customer_id, lead_id),
        lead_id=lead_id,
        campaign_id=campaign_id,
        utm=utm,
        anonymous_id=anonymous_id,
        click_ids=click_ids,
    )
    return touchpoint
