"""Acts of a random history: two campaigns and their members."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.values import Goal, Variant
from domain.marketing.campaign_member.events import (
    Bounced,
    Clicked,
    Converted,
    Delivered,
    MarkedAsSpam,
    Opened,
    Removed,
    Responded,
    Sent,
    Suppressed,
    Targeted,
    Touch,
    Unsubscribed,
    Visited,
)
from domain.marketing.campaign_member.member import CampaignMember
from tests.projections.harness import History, some_attributes, uuid

CUSTOMERS = 4
KINDS = (Sent, Delivered, Bounced, Opened, Clicked, Visited, Responded, Unsubscribed, MarkedAsSpam)
MARCH_1 = datetime(2024, 3, 1, tzinfo=UTC)


def _campaign(history: History, n: int) -> Campaign:
    campaign = history.of(Campaign, f"campaign {n % 2}")
    if not campaign.exists:
        history.must(
            campaign,
            lambda context: campaign.draw_up(
                context,
                name=f"Spring {n % 2}",
                goal=Goal(metric="converted", target=Decimal(10)),
                strategy="Tell them about tea",
                channels=("email", "web"),
                budget=Decimal(100),
                currency="EUR",
                starts=date(2024, 3, 1),
                ends=date(2024, 4, 1),
                attribution_window_days=7 if n % 2 else None,
                expected_conversion_difference=None if n % 2 else Decimal("0.02"),
                variants=(Variant(code="a"), Variant(code="b")),
                owner="agent-1",
            ),
        )
    return campaign


def _change_campaign(history: History, who: int, n: int) -> None:
    campaign = _campaign(history, who)
    decisions: list[Callable[[Any], object]] = [
        lambda context: campaign.revise(context, name=f"Summer {n}", scheme=None if n % 2 else "Send tea"),
        lambda context: campaign.revise(context, expected_conversion_difference=Decimal(n + 1) / 100 if n % 2 else None),
        lambda context: campaign.revise(context, channels=("web",) if n % 2 else (), attribution_window_days=n % 9 + 1),
        lambda context: campaign.change_budget(context, Decimal(n), "USD" if n % 2 else "EUR"),
        lambda context: campaign.launch(context) if n % 2 else campaign.pause(context),
        lambda context: campaign.resume(context) if n % 2 else campaign.complete(context),
        lambda context: campaign.record_spend(context, f"s{n % 5}", Decimal(n + 1), "EUR", "media" if n % 2 else None),
        lambda context: campaign.reverse_spend(context, f"s{n % 5}"),
        lambda context: campaign.assign_resource(context, "person", f"agent-{n % 3}", Decimal("0.5")),
        lambda context: campaign.release_resource(context, "person", f"agent-{n % 3}"),
        lambda context: campaign.set_milestone(context, f"m{n % 3}", title=f"Tea {n}"),
        lambda context: campaign.reach_milestone(context, f"m{n % 3}"),
        lambda context: campaign.tag(context, (f"tag-{n % 4}", "vip")) if n % 2 else campaign.untag(context, ("vip",)),
        lambda context: campaign.set_attributes(context, *some_attributes(n)),
    ]
    # Only a fact that states its time is recorded again.
    stated = {"occurred_at": history.now} if n // len(decisions) % 2 else {}
    history.do(campaign, decisions[n % len(decisions)], **stated)


def _member(history: History, who: int, n: int) -> tuple[CampaignMember, dict[str, Any]]:
    """The campaign member of a customer or of the lead, and the fields that all of the member's facts share."""
    campaign, number = _campaign(history, n), who % (CUSTOMERS + 1)
    member = history.of(CampaignMember, f"member {campaign.id} {number}")
    whose = {"customer_id": uuid(f"customer {number}")} if number < CUSTOMERS else {"lead_id": uuid("lead 0")}
    return member, {"campaign_id": campaign.id, **whose}


def _circumstances(n: int) -> dict[str, Any]:
    """The decision is made now, on a day shortly before March 1, or is known by such a day in a zone far from UTC."""
    day = MARCH_1 - timedelta(days=n % 5)
    by_day = {"occurred_at": day - timedelta(hours=8), "occurred_precision": "day", "occurred_zone": "+08:00"}
    return ({}, {"occurred_at": day}, by_day)[n % 3]


def _target(history: History, who: int, n: int) -> None:
    member, whose = _member(history, who, n)
    targeted = Targeted(**whose, variant=("a", "b", "control")[n % 3])
    history.do(member, lambda context: member.target(context, targeted), **_circumstances(n // 3))


def _touch(history: History, who: int, n: int) -> None:
    member, whose = _member(history, who, n)
    kind = KINDS[n % len(KINDS)]
    details: dict[str, Any] = {"machine": ("true", "false", "unknown")[n % 3]} if kind in (Opened, Clicked) else {}
    if kind is Bounced:
        details = {"bounce": ("hard", "soft", "block")[n % 3]}
    touch: Touch = kind(**whose, touch_id=f"t{n % 20}" if n % 4 else None, send_id=f"s{n % 2}", **details)
    history.do(member, lambda context: member.touch(context, touch), **_circumstances(n))


def _convert(history: History, who: int, n: int) -> None:
    member, whose = _member(history, who, n)
    value: dict[str, Any] = {"value": Decimal(n + 1), "currency": ("EUR", "JPY")[n % 2]} if n % 4 else {}
    converted = Converted(**whose, conversion_id=f"c{n % 6}", **value)
    history.do(member, lambda context: member.convert(context, converted), **_circumstances(n))


def _take_back(history: History, who: int, n: int) -> None:
    member, whose = _member(history, who, n)
    decisions: list[Callable[[Any], object]] = [
        lambda context: member.retract_touch(context, f"t{n % 20}"),
        lambda context: member.reverse_conversion(context, f"c{n % 6}"),
        lambda context: member.remove(context, Removed(**whose)),
        lambda context: member.suppress(context, Suppressed(**whose, reason="no_consent")),
    ]
    history.do(member, decisions[n % len(decisions)])


CAMPAIGN_ACTS: dict[str, Callable[[History, int, int], None]] = {
    "change campaign": _change_campaign,
    "target member": _target,
    "touch member": _touch,
    "convert member": _convert,
    "take member back": _take_back,
}
