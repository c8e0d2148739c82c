"""campaign_progress: each campaign's progress against its plan, as of a day, and when it ends if it goes on like that.

* pace = what was reached / days passed since the first day of the plan, that day and today included. The expected end is linear
  at this pace. There is none before the campaign has begun and something is reached.
* audience = members who were targeted, without the control group and without removed ones; reached is who got something
  delivered, or did something.
* an interval of an expected end is that of the pace, if it is of counts: exact for a constant rate of independent events
  (Garwood 1936, https://doi.org/10.1093/biomet/28.3-4.437).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, func, select

from domain.marketing.campaign.state import Status
from domain.marketing.campaign.values import CONTROL
from domain.shared.money import zero
from projections.marketing.campaign_book import ENDED, CampaignBook, progress
from projections.marketing.campaign_counts import Question as Effects
from projections.marketing.campaign_effect import Effect
from projections.marketing.campaign_effect import report as effects
from projections.marketing.campaign_goal import of_effects
from projections.marketing.campaign_members import members
from projections.marketing.campaigns import books
from projections.marketing.member_book import BIT, Mark
from projections.shared.figures import (
    Figure,
    Interval,
    Measured,
    between,
    counted,
    estimated,
    significant,
    summed,
    without_value,
)
from projections.shared.ratios import proportion, ratio

READ = ("campaigns", "campaign_members")
MEASURES = (
    "days",
    "milestones",
    "milestones_overdue",
    "spend",
    "budget",
    "budget_pace",
    "audience",
    "goal",
    "expected_days_by_milestones",
    "expected_days_by_budget",
    "expected_days_by_audience",
    "expected_days_by_goal",
)
MARKS_OF_CONTACT: tuple[Mark, ...] = ("delivered", "opened", "clicked", "visited", "responded", "converted")
METHOD = "linear at the pace so far"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Campaigns with this id and this status; None means any."""

    campaign_id: UUID | None = None
    status: Status | None = None


class Audience(NamedTuple):
    """The members who were targeted outside the control group, and those of them who were reached."""

    planned: int = 0
    reached: int = 0


class Pace(NamedTuple):
    """Days passed since the plan's first day, today included. `reason` says why there is no pace; `caution` belongs to it."""

    passed: int
    reason: str | None = None
    caution: str | None = None


def report(connection: Connection, question: Question, now: datetime) -> list[Measured]:
    """Campaigns in the order of their names. Today is that of the zone of `now`."""
    found = books(connection, question.campaign_id, question.status)
    audiences = _audiences(connection, question.campaign_id)
    by_campaign: dict[UUID, list[Effect]] = {}
    if any(book.terms().goal for book in found):
        for effect in effects(connection, Effects(campaign_id=question.campaign_id)).groups:
            by_campaign.setdefault(effect.campaign_id, []).append(effect)
    return [_measured(book, audiences.get(book.id, Audience()), by_campaign.get(book.id, []), now) for book in found]


def _audiences(connection: Connection, campaign_id: UUID | None) -> dict[UUID, Audience]:
    row = members.c
    query = select(row.campaign_id, row.variant, row.reached, func.count()).group_by(row.campaign_id, row.variant, row.reached)
    if campaign_id is not None:
        query = query.where(row.campaign_id == campaign_id)
    contact = sum(BIT[mark] for mark in MARKS_OF_CONTACT)
    found: dict[UUID, Audience] = {}
    for id, variant, reached, several in connection.execute(query):
        if variant != CONTROL and reached & BIT["targeted"] and not reached & BIT["removed"]:
            before = found.get(id, Audience())
            found[id] = Audience(before.planned + several, before.reached + (several if reached & contact else 0))
    return found


def _measured(book: CampaignBook, audience: Audience, groups: list[Effect], now: datetime) -> Measured:
    plan, pace, today = book.terms(), _pace(book, now), now.date()
    kept = progress(book, now)
    goal = of_effects(groups, plan.goal, book.currency)
    spent = book.spent_by_currency().get(book.currency or "", zero(book.currency))
    reached = proportion(
        audience.reached,
        audience.planned,
        "1",
        "members reached / members targeted, without the control group",
        "nobody is targeted",
    )
    overdue = sum(one.due is not None and one.due < today and id not in book.reached for id, one in book.milestones.items())
    counts = plan.goal is not None and plan.goal.metric != "sales"
    figures: Mapping[str, Figure] = {
        "days": kept["days"],
        "milestones": kept["milestones"],
        "milestones_overdue": counted(overdue, "milestones", "milestones due before today and not reached"),
        "spend": _spend(book, spent),
        "budget": kept["budget"],
        "budget_pace": _budget_pace(kept),
        "audience": reached,
        "goal": goal,
        "expected_days_by_milestones": _expected(pace, kept["milestones"], "milestones"),
        "expected_days_by_budget": _expected(pace, kept["budget"], "budget"),
        "expected_days_by_audience": _expected(pace, reached, "audience"),
        "expected_days_by_goal": _expected(pace, goal, "goal", counts=counts),
    }
    return Measured(group=_group(book), measures=figures)


def _group(book: CampaignBook) -> dict[str, str | date | None]:
    return {
        "campaign_id": str(book.id),
        "campaign": book.plan["name"],
        "status": book.status,
        "starts": book.starts,
        "ends": book.ends,
    }


def _pace(book: CampaignBook, now: datetime) -> Pace:
    passed = (now.date() - book.starts).days + 1 if book.starts else 0
    if book.status in ENDED:
        return Pace(passed, "the campaign has ended")
    if book.starts is None:
        return Pace(passed, "the plan has no first day")
    if passed < 1 or book.status == "planned":
        return Pace(passed, "the campaign has not begun")
    return Pace(passed, caution="the campaign is paused" if book.status == "paused" else None)


# Figures


def _spend(book: CampaignBook, spent: Decimal) -> Figure:
    definition = "spend in the budget's currency that was not reversed"
    if book.currency is None:
        return without_value("", definition, "there is no budget, so its currency is not known")
    return summed(spent, book.currency, definition)


def _budget_pace(kept: Mapping[str, Figure]) -> Figure:
    """Above 1, money is spent faster than days pass."""
    spent, passed = kept["budget"].value, kept["days"].value
    reason = kept["budget"].reason or kept["days"].reason or "no day has passed"
    return ratio(spent, passed, "1", "share of the budget that is spent / share of the days that have passed", reason)


def _expected(pace: Pace, share: Figure, of: str, *, counts: bool = False) -> Figure:
    """The days from the plan's first day until all of it is reached; the last of them is the expected end."""
    definition = f"days from the first day of the plan until all of the {of} is reached: days passed × target / reached"
    if pace.reason or share.value is None:
        return without_value("days", definition, pace.reason or share.reason or "")
    if share.value >= 1:
        return without_value("days", definition, f"all of the {of} is reached already")
    if share.value <= 0:
        return without_value("days", definition, f"nothing of the {of} is reached, so there is no pace yet")
    more: dict[str, Any] = {"caution": pace.caution} if pace.caution else {}
    if counts and isinstance(share.numerator, int):
        more["interval"] = _interval(share.numerator, pace.passed / float(share.value))
    return estimated(significant(pace.passed / share.value), "days", definition, method=METHOD, **more)


def _interval(events: int, expected: float) -> Interval:
    """The expected days with the limits of the rate of so many events instead of their number."""
    from scipy.special import chdtri

    low, high = float(chdtri(2 * events, 0.975)) / 2, float(chdtri(2 * events + 2, 0.025)) / 2
    return between(expected * events / high, expected * events / low, "exact for a constant rate of events (Garwood)")
