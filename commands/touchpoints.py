"""What can be asked of touchpoints: to be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from commands.references import surviving_customer
from commands.unit_of_work import UnitOfWork
from domain.campaign import Campaign
from domain.customer import Utm
from domain.touchpoint import Kind, Touchpoint


def record(
    work: UnitOfWork,
    *,
    touchpoint_id: UUID,
    channel: str,
    kind: Kind,
    customer_id: UUID | None = None,
    campaign_id: UUID | None = None,
    utm: Utm | None = None,
    anonymous_id: str | None = None,
    click_ids: Mapping[str, str] | None = None,
) -> Touchpoint:
    """The same values again are a repeat.

    A customer who is unknown or erased is refused, and for one merged into another the survivor is recorded. Raises NotThere
    where there is no such campaign.
    """
    touchpoint = work.load(Touchpoint, touchpoint_id)
    if campaign_id is not None:
        work.existing(Campaign, campaign_id)
    known = touchpoint.recorded.customer_id if touchpoint.recorded else None
    touchpoint.touch(
        work.context,
        channel=channel,
        kind=kind,
        customer_id=None if customer_id is None else surviving_customer(work, customer_id, known).id,
        campaign_id=campaign_id,
        utm=utm,
        anonymous_id=anonymous_id,
        click_ids=click_ids,
    )
    return touchpoint
