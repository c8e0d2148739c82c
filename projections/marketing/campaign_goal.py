"""A campaign's progress towards its goal: the actual figure of its members against the target."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from domain.marketing.campaign.values import Goal
from domain.shared.money import zero
from projections.marketing.campaign_counts import Question
from projections.marketing.campaign_effect import Effect, report
from projections.shared.figures import Figure, Quantity
from projections.shared.ratios import ratio


def of_goal(connection: Connection, campaign_id: UUID, goal: Goal | None, currency: str | None) -> Figure:
    """Actual / target. The metric is `sales` (in the campaign's currency), `conversions`, or a count of the funnel."""
    groups = report(connection, Question(campaign_id=campaign_id)).groups if goal else []
    return of_effects(groups, goal, currency)


def of_effects(groups: list[Effect], goal: Goal | None, currency: str | None) -> Figure:
    """The same, from the groups of the campaign in the report on its effect."""
    if goal is None:
        return ratio(None, None, "1", "actual / target", "no goal is set")
    actual = _actual(groups, goal.metric, currency)
    reason = f"{goal.metric} is not measured" if actual is None else "the target is zero"
    return ratio(actual, goal.target, "1", f"{goal.metric} / target", reason)


def _actual(groups: list[Effect], metric: str, currency: str | None) -> Quantity | None:
    if metric == "sales":
        return sum((group.sales for group in groups if group.currency == currency), zero(currency))
    if metric == "conversions":
        return sum(group.conversions for group in groups)
    return groups[0].funnel.get(metric) if groups else None
