"""What can be asked of campaigns as such; what happens to their members is in `campaign_members`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, TypeVar, Unpack
from uuid import UUID

from msgspec import UNSET, UnsetType

from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.values import Plan, ResourceKind
from domain.shared.given import Given

T = TypeVar("T")


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
    """The same values again are a repeat. `external` is (system, id)."""
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
    """Plans a campaign that is not there; of one that is, records only what is different.

    UNSET says nothing about a field, None says that it is empty.
    """
    campaign = work.load(Campaign, campaign_id)
    if not campaign.exists:
        first: dict[str, Any] = {"budget": _given(budget), "currency": _given(currency), "owner": _given(owner)}
        return plan(work, campaign_id=campaign_id, name=name, team=_given(team), external=external, **first, **details)
    campaign.link_external_id(work.context, *external)
    campaign.revise(work.context, name=name, **details)
    if budget is not UNSET or currency is not UNSET:
        known = campaign.budget if budget is UNSET else budget
        campaign.change_budget(work.context, known, _given(currency))
    known_owner, known_team = campaign.assignment
    campaign.assign(work.context, known_owner if owner is UNSET else owner, known_team if team is UNSET else team)
    return campaign


def revise(work: UnitOfWork, *, campaign_id: UUID, name: Given[str] = UNSET, **details: Unpack[Plan]) -> Campaign:
    """UNSET leaves a field as it is, None clears it; channels and variants are given as a whole."""
    campaign = work.existing(Campaign, campaign_id)
    campaign.revise(work.context, name=name, **details)
    return campaign


def change_budget(work: UnitOfWork, *, campaign_id: UUID, budget: Decimal | None, currency: str | None = None) -> Campaign:
    """None is no budget. In the campaign's currency where none is given."""
    campaign = work.existing(Campaign, campaign_id)
    campaign.change_budget(work.context, budget, currency)
    return campaign


def launch(work: UnitOfWork, *, campaign_id: UUID) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.launch(work.context)
    return campaign


def pause(work: UnitOfWork, *, campaign_id: UUID, reason: str | None = None) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.pause(work.context, reason=reason)
    return campaign


def resume(work: UnitOfWork, *, campaign_id: UUID) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.resume(work.context)
    return campaign


def complete(work: UnitOfWork, *, campaign_id: UUID) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.complete(work.context)
    return campaign


def cancel(work: UnitOfWork, *, campaign_id: UUID, reason: str | None = None, note: str | None = None) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.cancel(work.context, reason=reason, note=note)
    return campaign


def record_spend(
    work: UnitOfWork,
    *,
    campaign_id: UUID,
    spend_id: str,
    amount: Decimal,
    currency: str | None = None,
    category: str | None = None,
) -> Campaign:
    """In the campaign's currency where none is given."""
    campaign = work.existing(Campaign, campaign_id)
    campaign.record_spend(work.context, spend_id, amount, currency, category)
    return campaign


def reverse_spend(work: UnitOfWork, *, campaign_id: UUID, spend_id: str, reason: str | None = None) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.reverse_spend(work.context, spend_id, reason=reason)
    return campaign


def assign_resource(
    work: UnitOfWork, *, campaign_id: UUID, kind: ResourceKind, code: str, share: Decimal | None = None
) -> Campaign:
    """`share` is the part of the person's or the asset's time, as a fraction."""
    campaign = work.existing(Campaign, campaign_id)
    campaign.assign_resource(work.context, kind, code, share)
    return campaign


def release_resource(work: UnitOfWork, *, campaign_id: UUID, kind: ResourceKind, code: str) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.release_resource(work.context, kind, code)
    return campaign


def set_milestone(
    work: UnitOfWork, *, campaign_id: UUID, milestone_id: str, due: date | None = None, title: str | None = None
) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.set_milestone(work.context, milestone_id, due=due, title=title)
    return campaign


def reach_milestone(work: UnitOfWork, *, campaign_id: UUID, milestone_id: str) -> Campaign:
    campaign = work.existing(Campaign, campaign_id)
    campaign.reach_milestone(work.context, milestone_id)
    return campaign


def _given(value: Given[T | None]) -> T | None:
    return None if isinstance(value, UnsetType) else value
