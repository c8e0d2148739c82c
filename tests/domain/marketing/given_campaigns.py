"""Test data for campaigns: an e-mail campaign with two variants, and a customer who is a member."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.values import Goal, Variant
from domain.marketing.campaign_member.events import Converted, Targeted, Touch
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.shared.ids import external_id
from tests.domain.given import live

CAMPAIGN = external_id("campaign", "test", "1", b"")
CUSTOMER = external_id("customer", "test", "1", b"")
ORDER = external_id("order", "test", "1", b"")
MEMBER = member_id(CAMPAIGN, CUSTOMER)
MEMBER_IDS: dict[str, Any] = {"campaign_id": CAMPAIGN, "customer_id": CUSTOMER}

PLAN: dict[str, Any] = {
    "name": "Spring",
    "goal": Goal(metric="converted", target=Decimal(100)),
    "strategy": "Win back who was here last spring",
    "channels": ("email",),
    "budget": Decimal(1000),
    "currency": "EUR",
    "starts": date(2026, 3, 1),
    "ends": date(2026, 3, 31),
    "variants": (Variant(code="short", share=Decimal("0.4")), Variant(code="long", share=Decimal("0.4"))),
    "holdout_share": Decimal("0.2"),
    "attribution_window_days": 14,
    "expected_conversion_difference": Decimal("0.02"),
}


def planned(**facts: Any) -> Campaign:
    campaign = Campaign(CAMPAIGN)
    campaign.draw_up(live(), **PLAN | facts)
    return campaign


def launched(**facts: Any) -> Campaign:
    campaign = planned(**facts)
    campaign.launch(live())
    return campaign


def targeted(variant: str = "short") -> CampaignMember:
    member = CampaignMember(MEMBER)
    target(member, variant)
    return member


def target(member: CampaignMember, variant: str = "short", context: Any = None, **circumstances: bool) -> None:
    member.target(context or live(), Targeted(**MEMBER_IDS, variant=variant), **circumstances)


def touch(member: CampaignMember, kind: type[Touch], context: Any = None, **facts: Any) -> None:
    member.touch(context or live(), kind(**MEMBER_IDS, **facts))


def convert(member: CampaignMember, conversion_id: str = "c-1", context: Any = None, **facts: Any) -> None:
    member.convert(context or live(), Converted(**MEMBER_IDS, conversion_id=conversion_id, **facts))
