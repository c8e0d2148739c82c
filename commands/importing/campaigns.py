"""The importable commands on campaigns and their members, and the facts of each command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from commands.importing.called import Called
from commands.importing.statements import (
    Cancellation,
    Code,
    Facts,
    Importable,
    Reasoned,
    annotation_commands,
    assignment_command,
)
from commands.marketing import campaign_members, campaigns
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.values import TREATMENT, Goal, ResourceKind, Variant
from domain.marketing.campaign_member.events import Bounce, Machine
from domain.marketing.campaign_member.member import CampaignMember


class Planning(Facts, frozen=True):
    """`starts` and `ends` are dates such as `2024-05-01`."""

    name: str
    goal: Goal | None = None
    strategy: str | None = None
    scheme: str | None = None
    channels: tuple[Code, ...] = ()
    audience: str | None = None
    budget: Decimal | None = None
    currency: str | None = None
    starts: date | None = None
    ends: date | None = None
    holdout_share: Decimal | None = None
    attribution_window_days: int | None = None
    expected_conversion_difference: Decimal | None = None
    variants: tuple[Variant, ...] = ()
    owner: Code | None = None
    team: Code | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {**super().command_facts(called), "external": (called.system, called.name)}


class Spending(Facts, frozen=True):
    spend_id: str
    amount: Decimal
    currency: str | None = None
    category: Code | None = None


class SpendReversal(Facts, frozen=True):
    spend_id: str
    reason: Code | None = None


class Resource(Facts, frozen=True):
    kind: ResourceKind
    code: Code


class ResourceShare(Resource, frozen=True):
    share: Decimal | None = None


class Membership(Facts, frozen=True):
    """Facts about a member, who is identified by the campaign and the customer or lead."""

    def command_facts(self, called: Called) -> dict[str, Any]:
        who = "lead" if "lead" in called.names else "customer"
        return {"campaign_id": called.other("campaign"), f"{who}_id": called.other(who), **self.stated()}


class Targeting(Membership, frozen=True):
    variant: Code = TREATMENT


class Suppression(Membership, frozen=True):
    reason: Code


class Removal(Membership, frozen=True):
    reason: Code | None = None


class Touch(Membership, frozen=True):
    """`touch_id` is the source's id of the touch itself, `send_id` its id of the message."""

    touch_id: str | None = None
    send_id: str | None = None
    channel: Code | None = None


class Bouncing(Touch, frozen=True):
    bounce: Bounce = "unknown"
    code: Code | None = None


class Opening(Touch, frozen=True):
    machine: Machine = "unknown"


class Click(Opening, frozen=True):
    url: str | None = None


class Response(Touch, frozen=True):
    status: Code | None = None


class Conversion(Membership, frozen=True):
    """A conversion is identified by its own id or by its order's; both are the source's ids."""

    conversion_id: str | None = None
    order: str | None = None
    value: Decimal | None = None
    currency: str | None = None
    channel: Code | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        facts = super().command_facts(called)
        order = facts.pop("order", None)
        return facts if order is None else {**facts, "order_id": called.other("order", order)}


class ConversionReversal(Membership, frozen=True):
    conversion_id: str
    reason: Code | None = None


CAMPAIGNS: Mapping[str, Importable] = {
    "campaign.plan": Importable(Campaign, campaigns.plan, Planning, describes=True),
    "campaign.launch": Importable(Campaign, campaigns.launch),
    "campaign.pause": Importable(Campaign, campaigns.pause, Reasoned),
    "campaign.resume": Importable(Campaign, campaigns.resume),
    "campaign.complete": Importable(Campaign, campaigns.complete),
    "campaign.cancel": Importable(Campaign, campaigns.cancel, Cancellation),
    "campaign.record_spend": Importable(Campaign, campaigns.record_spend, Spending),
    "campaign.reverse_spend": Importable(Campaign, campaigns.reverse_spend, SpendReversal),
    "campaign.assign_resource": Importable(Campaign, campaigns.assign_resource, ResourceShare),
    "campaign.release_resource": Importable(Campaign, campaigns.release_resource, Resource),
    **assignment_command(Campaign),
    **annotation_commands(Campaign),
    "campaign_member.target": Importable(CampaignMember, campaign_members.target, Targeting, describes=True),
    "campaign_member.suppress": Importable(CampaignMember, campaign_members.suppress, Suppression),
    "campaign_member.remove": Importable(CampaignMember, campaign_members.remove, Removal),
    "campaign_member.send": Importable(CampaignMember, campaign_members.send, Touch),
    "campaign_member.defer": Importable(CampaignMember, campaign_members.defer, Touch),
    "campaign_member.deliver": Importable(CampaignMember, campaign_members.deliver, Touch),
    "campaign_member.bounce": Importable(CampaignMember, campaign_members.bounce, Bouncing),
    "campaign_member.open": Importable(CampaignMember, campaign_members.open, Opening),
    "campaign_member.click": Importable(CampaignMember, campaign_members.click, Click),
    "campaign_member.visit": Importable(CampaignMember, campaign_members.visit, Touch),
    "campaign_member.respond": Importable(CampaignMember, campaign_members.respond, Response),
    "campaign_member.convert": Importable(CampaignMember, campaign_members.convert, Conversion),
    "campaign_member.reverse_conversion": Importable(CampaignMember, campaign_members.reverse_conversion, ConversionReversal),
    "campaign_member.unsubscribe": Importable(CampaignMember, campaign_members.unsubscribe, Touch),
    "campaign_member.mark_as_spam": Importable(CampaignMember, campaign_members.mark_as_spam, Touch),
}
