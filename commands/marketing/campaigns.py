"""The commands on campaigns themselves; those on their members are in `campaign_members`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Unpack
from uuid import UUID

from msgspec import UNSET

from commands.shared.deciding import decides
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.values import Plan
from domain.shared.given import Given, value_or_none


def plan(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    name: str,
    budget: Decimal | None = None,
    currency: str | None = None,
    owner: str | None = None,
    team: str | None = None,
    external: tuple[str, str] | None = None,
    **details: Unpack[Plan],
) -> Campaign:
    """Plans a campaign; the same values again change nothing. `external` is (system, id)."""
    campaign = work.load(Campaign, campaign_id)
    campaign.draw_up(work.context, name=name, budget=budget, currency=currency, owner=owner, team=team, **details)
    if external:
        campaign.link_external_id(work.context, *external)
    return campaign


def create_or_change(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    external: tuple[str, str],
    name: str,
    budget: Given[Decimal | None] = UNSET,
    currency: Given[str | None] = UNSET,
    owner: Given[str | None] = UNSET,
    team: Given[str | None] = UNSET,
    **details: Unpack[Plan],
) -> Campaign:
    """Plans a campaign that does not exist; for an existing one, records only the differences.

    UNSET leaves a field as it is, None clears it.
    """
    campaign = work.load(Campaign, campaign_id)
    if not campaign.exists:
        first: dict[str, Any] = {
            "budget": value_or_none(budget),
            "currency": value_or_none(currency),
            "owner": value_or_none(owner),
        }
        return plan(work, campaign_id=campaign_id, name=name, team=value_or_none(team), external=external, **first, **details)
    campaign.link_external_id(work.context, *external)
    campaign.revise(work.context, name=name, **details)
    if budget is not UNSET or currency is not UNSET:
        known = campaign.budget if budget is UNSET else budget
        campaign.change_budget(work.context, known, value_or_none(currency))
    known_owner, known_team = campaign.assignment
    campaign.assign(work.context, known_owner if owner is UNSET else owner, known_team if team is UNSET else team)
    return campaign


revise = decides(Campaign, Campaign.revise)
"""Channels and variants are replaced as a whole."""
change_budget = decides(Campaign, Campaign.change_budget)
"""None removes the budget."""
launch = decides(Campaign, Campaign.launch)
pause = decides(Campaign, Campaign.pause)
resume = decides(Campaign, Campaign.resume)
complete = decides(Campaign, Campaign.complete)
cancel = decides(Campaign, Campaign.cancel)
record_spend = decides(Campaign, Campaign.record_spend)
reverse_spend = decides(Campaign, Campaign.reverse_spend)
assign_resource = decides(Campaign, Campaign.assign_resource)
release_resource = decides(Campaign, Campaign.release_resource)
set_milestone = decides(Campaign, Campaign.set_milestone)
reach_milestone = decides(Campaign, Campaign.reach_milestone)
