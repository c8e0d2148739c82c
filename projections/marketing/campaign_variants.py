"""campaign_variants: which variant of a campaign is probably the best, and whom the next members should get.

Computed at query time from the rows of `campaigns` and `campaign_members`, with everybody counted as assigned. The control is
not compared: whether a variant is better than nothing is the question of `campaign_lift`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from domain.marketing.campaign.values import CONTROL
from domain.shared.money import zero
from projections.marketing.campaign_arms import Arm, arms, assigned
from projections.marketing.campaigns import Planned, planned
from projections.marketing.sample_ratio import checked, shares
from projections.shared.figures import Figure, Measured, counted, estimated, without_value
from projections.shared.ratios import proportion, ratio
from projections.shared.statistics.best import Rate, Spend, best_rates, best_spends, thompson

MEASURES = (
    "members",
    "converted",
    "conversion_rate",
    "probability_best",
    "next_members",
    "revenue_per_member",
    "probability_best_by_revenue",
    "next_members_by_revenue",
)
ONLY_ONE, NO_REVENUE = "there are not two variants with members", "no conversion has a value"
BY_RATE, BY_REVENUE = "highest conversion rate", "highest revenue per member"
RATE_METHOD = "Beta posterior, prior Beta(1, 1)"
SPEND_METHOD = "Beta posterior of buying × Gamma posterior of spend, prior worth one buyer who spends the mean of all buyers"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The variants of this campaign, and the split of so many next members, drawn with `seed`."""

    campaign_id: UUID
    members: int = 1000
    seed: int = 1


class Answer(NamedTuple):
    campaign: Planned
    sample_ratio: Figure
    groups: list[Measured]


class _Bought(NamedTuple):
    """By variant, how many members spent something in a currency, and how much."""

    buyers: Mapping[str, int]
    totals: Mapping[str, Decimal]


class _Chance(NamedTuple):
    """The probability that a variant is the best, and how many of the next members it gets; None for a `reason`."""

    probability: float | None
    following: int | None
    reason: str = ""


def report(connection: Connection, question: Question) -> Answer | None:
    """None if there is no such campaign."""
    found = planned(connection, question.campaign_id)
    if not found:
        return None
    [campaign] = found
    every = arms(connection, campaign)
    ratio_checked = checked(shares(campaign), {arm.variant: arm.members for arm in every})
    caution = ratio_checked.caution if isinstance(ratio_checked.caution, str) else ""
    variants = [arm for arm in every if arm.variant != CONTROL]
    by_rate = _by_rate(variants, question)
    groups = []
    for currency, bought in _bought(connection, campaign, variants).items():
        by_revenue = _by_revenue(variants, bought, question)
        for arm in variants:
            measures = _rate(arm, by_rate[arm], caution) | _revenue(arm, currency, bought, by_revenue[arm], caution)
            group = {"variant": arm.variant, "currency": currency}
            groups.append(Measured(group=group, measures={name: measures[name] for name in MEASURES}))
    return Answer(campaign, ratio_checked, groups)


def _bought(connection: Connection, campaign: Planned, variants: Sequence[Arm]) -> dict[str | None, _Bought | None]:
    """By currency; just None if no conversion has a value."""
    members, by_currency = assigned(connection, campaign, everyone=False)
    found: dict[str | None, _Bought | None] = {}
    for currency, one in by_currency.items():
        buyers = {arm.variant: int((one.amounts[members.of(arm.variant)] != 0).sum()) for arm in variants}
        found[currency] = _Bought(buyers, one.totals)
    return found or {campaign.currency: None}


def _by_rate(variants: Sequence[Arm], question: Question) -> dict[Arm, _Chance]:
    compared = {arm: Rate.of(arm.converted, arm.members) for arm in variants if arm.members}
    if len(compared) < 2:
        return dict.fromkeys(variants, _Chance(None, None, ONLY_ONE))
    posteriors = list(compared.values())
    return _chances(variants, compared, best_rates(posteriors), thompson(posteriors, question.members, question.seed))


def _by_revenue(variants: Sequence[Arm], bought: _Bought | None, question: Question) -> dict[Arm, _Chance]:
    buyers = sum(bought.buyers.values()) if bought else 0
    if bought is None or not buyers:
        return dict.fromkeys(variants, _Chance(None, None, NO_REVENUE))
    totals = {arm: float(bought.totals.get(arm.variant, 0)) for arm in variants}
    prior = sum(totals.values()) / buyers
    compared = {arm: Spend.of(bought.buyers[arm.variant], arm.members, totals[arm], prior) for arm in variants if arm.members}
    if len(compared) < 2:
        return dict.fromkeys(variants, _Chance(None, None, ONLY_ONE))
    posteriors = list(compared.values())
    return _chances(variants, compared, best_spends(posteriors), thompson(posteriors, question.members, question.seed))


def _chances(
    variants: Sequence[Arm], compared: Mapping[Arm, Rate | Spend], best: Sequence[float], split: Sequence[int]
) -> dict[Arm, _Chance]:
    found = {arm: _Chance(probability, share) for arm, probability, share in zip(compared, best, split, strict=True)}
    return {arm: found.get(arm, _Chance(None, None, "no members assigned")) for arm in variants}


def _rate(arm: Arm, chance: _Chance, caution: str) -> dict[str, Figure]:
    definition, reason = "members converted / members assigned", "no members assigned"
    return {
        "members": counted(arm.members, "members", "members assigned to the variant, suppressed and removed ones included"),
        "converted": counted(arm.converted, "members", "assigned members with a conversion that counts"),
        "conversion_rate": proportion(arm.converted, arm.members, "1", definition, reason),
        **_best("", BY_RATE, RATE_METHOD, chance, caution),
    }


def _revenue(arm: Arm, currency: str | None, bought: _Bought | None, chance: _Chance, caution: str) -> dict[str, Figure]:
    definition, unit = "value of conversions that count / members assigned, also those who spent nothing", currency or ""
    total = None if bought is None else bought.totals.get(arm.variant, zero(unit))
    reason = NO_REVENUE if bought is None else "no members assigned"
    return {
        "revenue_per_member": ratio(total, arm.members, unit, definition, reason),
        **_best("_by_revenue", BY_REVENUE, SPEND_METHOD, chance, caution),
    }


def _best(suffix: str, what: str, method: str, chance: _Chance, caution: str) -> dict[str, Figure]:
    more = {"method": method} | ({"caution": caution} if caution else {})
    probability = estimated(
        chance.probability, "1", f"probability that the variant has the {what}", reason=chance.reason, **more
    )
    split = f"next members who get the variant by Thompson sampling for the {what}"
    following = (
        without_value("members", split, chance.reason)
        if chance.following is None
        else estimated(chance.following, "members", split, **more)
    )
    return {f"probability_best{suffix}": probability, f"next_members{suffix}": following}
