"""A campaign's state as read models keep it between batches, folded from the campaign's own events by their appliers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.progress import MilestoneSet
from domain.marketing.campaign.spending import SpendRecorded, SpendReversed
from domain.marketing.campaign.state import Assignment, Status
from domain.marketing.campaign.values import Goal, ResourceKind, Variant
from domain.shared.attributes import Number
from domain.shared.events import Event, Recorded
from domain.shared.money import zero
from projections.shared.figures import Figure
from projections.shared.ratios import ratio

CAMPAIGN_EVENTS: tuple[type[Event], ...] = tuple(Campaign.events)


class Plan(msgspec.Struct, omit_defaults=True):
    name: str
    goal: Goal | None = None
    channels: tuple[str, ...] = ()
    starts: date | None = None
    ends: date | None = None
    holdout_share: Decimal | None = None
    attribution_window_days: int | None = None
    expected_conversion_difference: Decimal | None = None
    variants: tuple[Variant, ...] = ()
    strategy: str | None = None
    scheme: str | None = None
    audience: str | None = None


class Kept(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A campaign's full state, as it is dumped."""

    plan: Plan
    budget: Decimal | None
    currency: str | None
    status: Status
    turned_at: datetime | None
    spends: dict[str, SpendRecorded]
    reversals: dict[str, SpendReversed]
    resources: list[tuple[tuple[ResourceKind, str], Assignment]]
    milestones: dict[str, MilestoneSet]
    reached: dict[str, datetime]
    assignment: tuple[str | None, str | None]
    tags: set[str]
    plain_attributes: dict[str, str | Number] = {}
    personal_attributes: dict[str, str] = {}
    external_ids: list[tuple[str, str | None]]


AS_THEY_ARE = (
    "budget",
    "currency",
    "status",
    "turned_at",
    "spends",
    "reversals",
    "milestones",
    "reached",
    "assignment",
    "tags",
)

ENDED: tuple[Status, ...] = ("completed", "cancelled")

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Kept).decode


class CampaignBook(Campaign):
    """A campaign's state that can be folded, dumped and loaded."""

    @classmethod
    def load(cls, id: UUID, text: str | None) -> CampaignBook:
        """The book as it was dumped; an empty book if `text` is None."""
        book = cls(id)
        if text is not None:
            book._restore(_decode(text))
        return book

    def fold(self, recorded: Recorded) -> None:
        recorded.event.apply(self, recorded.metadata)

    def dump(self) -> str:
        return _encode(
            Kept(
                plan=self.terms(),
                resources=sorted(self.resources.items()),
                plain_attributes=self.plain_attributes,
                personal_attributes=self.personal_attributes,
                external_ids=sorted(self.external_ids, key=str),
                **{field: getattr(self, field) for field in AS_THEY_ARE},
            )
        ).decode()

    def terms(self) -> Plan:
        return Plan(**self.plan)

    def spent(self) -> dict[tuple[str, str | None], Decimal]:
        """The spend that was not reversed, by currency and category."""
        sums: dict[tuple[str, str | None], Decimal] = {}
        for spend_id, spend in self.spends.items():
            if spend_id not in self.reversals:
                of = spend.currency, spend.category
                sums[of] = sums.get(of, Decimal(0)) + spend.amount
        return sums

    def spent_by_currency(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        for (currency, _), amount in self.spent().items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
        return sums

    def _restore(self, kept: Kept) -> None:
        self.plan: dict[str, Any] = msgspec.structs.asdict(kept.plan)
        self.resources = dict(kept.resources)
        self.take_up_attributes(kept.plain_attributes, kept.personal_attributes)
        self.external_ids = set(kept.external_ids)
        for field in AS_THEY_ARE:
            setattr(self, field, getattr(kept, field))


def profile(book: CampaignBook, now: datetime | None) -> dict[str, Any]:
    """The campaign's plan and progress as plain values for people; its free texts are under `private`."""
    plan, (owner, team) = book.terms(), book.assignment
    return {
        "name": plan.name,
        "status": book.status,
        "status_since": book.turned_at,
        "owner": owner,
        "team": team,
        "goal": plan.goal,
        "channels": plan.channels,
        "starts": plan.starts,
        "ends": plan.ends,
        "budget": book.budget,
        "currency": book.currency,
        "holdout_share": plan.holdout_share,
        "attribution_window_days": plan.attribution_window_days,
        "expected_conversion_difference": plan.expected_conversion_difference,
        "variants": plan.variants,
        "tags": sorted(book.tags),
        "attributes": book.plain_attributes,
        "spend": _spend(book),
        "resources": _resources(book),
        "milestones": _milestones(book),
        "progress": progress(book, now),
        "private": _private(book, plan),
    }


def progress(book: CampaignBook, now: datetime | None) -> dict[str, Figure]:
    """Milestones reached / set, spend / budget, and, if `now` is given, days passed / days planned, in the zone of `now`."""
    definition = "milestones reached / milestones set"
    reached = ratio(len(book.reached), len(book.milestones), "1", definition, "no milestone is set")
    found = {"milestones": reached, "budget": _of_budget(book)}
    return found if now is None else found | {"days": _days(book, now)}


def _of_budget(book: CampaignBook) -> Figure:
    """The spend in the budget's currency / the budget; spend in other currencies is left out."""
    spent = book.spent_by_currency().get(book.currency or "", zero(book.currency))
    return ratio(spent, book.budget, "1", "spend in the budget's currency / budget", "there is no budget")


def _days(book: CampaignBook, now: datetime) -> Figure:
    """No day passes any more after a campaign is completed or cancelled."""
    definition = "days passed, including today / days planned"
    starts, ends = book.starts, book.ends
    if starts is None or ends is None or ends < starts:
        return ratio(None, None, "1", definition, "the plan has no first and last day")
    over = book.turned_at if book.status in ENDED else None
    passed = (min(now.date(), ends, *([over.astimezone(now.tzinfo).date()] if over else [])) - starts).days + 1
    return ratio(max(0, passed), (ends - starts).days + 1, "1", definition, "")


def _spend(book: CampaignBook) -> list[dict[str, Any]]:
    """The spend by currency and category; the category is None for spend without one."""
    ordered = sorted(book.spent().items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return [{"currency": of, "category": category, "amount": amount} for (of, category), amount in ordered]


def _resources(book: CampaignBook) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "code": code, "share": known.share, "assigned": known.assigned, "since": known.at}
        for (kind, code), known in sorted(book.resources.items())
    ]


def _milestones(book: CampaignBook) -> list[dict[str, Any]]:
    return [
        {"milestone_id": id, "due": milestone.due, "reached_at": book.reached.get(id)}
        for id, milestone in sorted(book.milestones.items())
    ]


def _private(book: CampaignBook, plan: Plan) -> dict[str, Any]:
    return {
        "strategy": plan.strategy,
        "scheme": plan.scheme,
        "audience": plan.audience,
        "milestone_titles": {id: milestone.title for id, milestone in sorted(book.milestones.items()) if milestone.title},
        "attributes": book.personal_attributes,
        "external_ids": [{"system": system, "id": id} for system, id in sorted(book.external_ids, key=str)],
    }
