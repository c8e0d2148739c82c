"""campaign_lift: did the campaign make a difference? Each arm against one control, which nobody chose but the lot.

Computed at query time from the rows of `campaigns` and `campaign_members`, and with CUPED from those of its covariate.
Everybody counts as assigned: who was suppressed, removed or not reached stays in their arm. Amounts are by currency and never
mixed; figures about members cover all currencies, and the groups of every currency repeat them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from domain.marketing.campaign.values import CONTROL
from domain.shared.money import zero
from projections.marketing import covariates
from projections.marketing.arms_compared import (
    POOLED_Z,
    THE_CONTROL,
    WELCH,
    Compared,
    Concluded,
    Verdict,
    concluded,
    means,
    rates,
    ratio_of_rates,
)
from projections.marketing.campaign_arms import Arm, Members, Spent, arms, assigned
from projections.marketing.campaigns import Planned, planned
from projections.marketing.sample_ratio import checked, shares
from projections.shared.figures import Figure, Measured, counted, estimated, without_value
from projections.shared.ratios import proportion, ratio
from projections.shared.statistics.means import Moments, cuped, moments
from projections.shared.statistics.sequential import DIFFERENCE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MEASURES = (
    "members",
    "share_of_members",
    "planned_share",
    "converted",
    "conversion_rate",
    "conversion_difference",
    "risk_ratio",
    "relative_lift",
    "revenue_per_member",
    "revenue_per_member_difference",
    "revenue_per_member_difference_cuped",
    "cuped_explained",
)
COMPARED = ("conversion_difference", "revenue_per_member_difference", "revenue_per_member_difference_cuped")
"""The measures with a verdict."""
DEFINITIONS = {
    "conversion_difference": "conversion rate of the arm - conversion rate of the control",
    "risk_ratio": "conversion rate of the arm / conversion rate of the control",
    "relative_lift": "conversion rate of the arm / conversion rate of the control - 1",
    "revenue_per_member_difference": "revenue per member of the arm - revenue per member of the control",
    "revenue_per_member_difference_cuped": (
        "revenue per member of the arm - revenue per member of the control, both without what the covariate explains (CUPED,"
        " one theta for all arms)"
    ),
    "cuped_explained": "share of the variance of revenue between members that the covariate explains",
}
NO_REVENUE, NO_COVARIATE = "no conversion has a value", "no covariate is asked for"
NOTHING_EXPLAINED = "the covariate or the revenue does not vary"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The arms of this campaign against its variant `control`. Days of the covariate are in `zone`."""

    campaign_id: UUID
    control: str = CONTROL
    covariate: str | None = None
    zone: tzinfo = UTC


class Lift(Measured, frozen=True, kw_only=True):
    """An arm in one currency, which is None if no revenue is known, with the verdict on each of COMPARED."""

    verdicts: Mapping[str, Verdict]


class Answer(NamedTuple):
    """`tau` is the one that the interval for many looks was computed with."""

    campaign: Planned
    tau: Decimal
    sample_ratio: Figure
    groups: list[Lift]


class Experiment(NamedTuple):
    """The control and the other arms; `mismatch` is the reason if the sizes of the arms allow no verdict."""

    campaign: Planned
    control: Arm
    others: Sequence[Arm]
    mismatch: str

    @property
    def every(self) -> list[Arm]:
        return [self.control, *self.others]

    @property
    def tau(self) -> Decimal:
        """The difference that the plan names; without one, a difference of one percent."""
        return self.campaign.expected_conversion_difference or DIFFERENCE


class Values(NamedTuple):
    """What members spent in one currency: their moments by arm, how many of them spent, and the exact totals.

    `adjusted` are the moments with CUPED and `explained` is its r²; both are None for a `reason`.
    """

    moments: Mapping[str, Moments | None]
    spenders: Mapping[str, int]
    totals: Mapping[str, Decimal]
    adjusted: Mapping[str, Moments | None] | None
    explained: float | None
    reason: str


def report(connection: Connection, question: Question) -> Answer | None:
    """None if there is no such campaign."""
    found = planned(connection, question.campaign_id)
    if not found:
        return None
    [campaign] = found
    every = arms(connection, campaign)
    ratio_checked = checked(shares(campaign), {arm.variant: arm.members for arm in every})
    control = next((arm for arm in every if arm.variant == question.control), Arm(question.control, 0, 0))
    experiment = Experiment(campaign, control, [arm for arm in every if arm != control], ratio_checked.caution or "")
    by_currency = _values(connection, experiment, question)
    groups = [group for currency, values in by_currency.items() for group in _groups(experiment, currency, values)]
    return Answer(campaign, experiment.tau, ratio_checked, groups)


# What members spent


def _values(connection: Connection, experiment: Experiment, question: Question) -> dict[str | None, Values | None]:
    """By currency; just None if no conversion has a value."""
    members, by_currency = assigned(connection, experiment.campaign, everyone=question.covariate is not None)
    before: Mapping[str, Numbers] = {}
    if question.covariate is not None:
        before = covariates.of_members(connection, members, question.covariate, by_currency, question.zone)
    found: dict[str | None, Values | None] = {
        currency: _of_currency(experiment, members, one, before.get(currency)) for currency, one in by_currency.items()
    }
    return found or {experiment.campaign.currency: None}


def _of_currency(experiment: Experiment, members: Members, one: Spent, before: Numbers | None) -> Values:
    marks, spent = {arm: members.of(arm.variant) for arm in experiment.every}, one.amounts != 0
    amounts = {arm: one.amounts[mark & spent] for arm, mark in marks.items()}
    adjusted = None if before is None else cuped(one.amounts, before)
    return Values(
        moments={arm.variant: _moments(arm, values) for arm, values in amounts.items()},
        spenders={arm.variant: len(values) for arm, values in amounts.items()},
        totals=one.totals,
        adjusted=adjusted and {arm.variant: _moments(arm, adjusted.values[mark]) for arm, mark in marks.items()},
        explained=adjusted and adjusted.explained,
        reason=NO_COVARIATE if before is None else NOTHING_EXPLAINED,
    )


def _moments(arm: Arm, values: Numbers) -> Moments | None:
    """Members without a value have 0."""
    return moments(values, arm.members - len(values)) if arm.members > 1 else None


# Figures


def _groups(experiment: Experiment, currency: str | None, values: Values | None) -> Iterator[Lift]:
    """The control, then each arm against it."""
    columns = {
        "conversion_difference": _of_rates(experiment),
        "revenue_per_member_difference": _of_means(experiment, currency, values, values and values.moments),
        "revenue_per_member_difference_cuped": _of_means(experiment, currency, values, values and values.adjusted, "_cuped"),
    }
    for place, arm in enumerate(experiment.every):
        compared = {name: column[place] for name, column in columns.items()}
        measures = {
            **_sizes(experiment, arm),
            **_revenue(arm, currency, values),
            **{name: figure for name, (figure, _) in compared.items()},
        }
        yield Lift(
            group={"variant": arm.variant, "currency": currency},
            measures={name: measures[name] for name in MEASURES},
            verdicts={name: verdict for name, (_, verdict) in compared.items()},
        )


def _of_rates(experiment: Experiment) -> list[Concluded]:
    name, control = "conversion_difference", experiment.control.share
    compared = [rates(arm.share, control, experiment.tau) for arm in experiment.others]
    return [_itself("1", name), *concluded(compared, "1", DEFINITIONS[name], POOLED_Z, experiment.mismatch)]


def _of_means(
    experiment: Experiment,
    currency: str | None,
    values: Values | None,
    of: Mapping[str, Moments | None] | None,
    suffix: str = "",
) -> list[Concluded]:
    name, unit, control = f"revenue_per_member_difference{suffix}", currency or "", experiment.control.variant
    if values is None or of is None:
        reason = NO_REVENUE if values is None else values.reason
        compared = [Compared(None, arm.members + experiment.control.members, reason=reason) for arm in experiment.others]
    else:
        compared = [
            means(of[arm.variant], of[control], (values.spenders[arm.variant], values.spenders[control]))
            for arm in experiment.others
        ]
    return [_itself(unit, name), *concluded(compared, unit, DEFINITIONS[name], WELCH, experiment.mismatch)]


def _itself(unit: str, name: str) -> Concluded:
    return without_value(unit, DEFINITIONS[name], THE_CONTROL), Verdict(None, THE_CONTROL)


def _sizes(experiment: Experiment, arm: Arm) -> dict[str, Figure]:
    everyone = sum(other.members for other in experiment.every)
    known = shares(experiment.campaign).planned.get(arm.variant)
    share, planned = "members assigned to the variant / members assigned", "share of members that the plan gives the variant"
    itself = arm == experiment.control
    return {
        "members": counted(arm.members, "members", "members assigned to the variant, suppressed and removed ones included"),
        "share_of_members": proportion(arm.members, everyone, "1", share, "nobody is assigned"),
        "planned_share": estimated(known, "1", planned, reason="the plan gives the variant no share"),
        "converted": counted(arm.converted, "members", "assigned members with a conversion that counts"),
        "conversion_rate": proportion(
            arm.converted, arm.members, "1", "members converted / members assigned", "no members assigned"
        ),
        **{
            name: without_value("1", DEFINITIONS[name], THE_CONTROL)
            if itself
            else ratio_of_rates(arm.share, experiment.control.share, minus, DEFINITIONS[name], experiment.mismatch)
            for name, minus in (("risk_ratio", 0), ("relative_lift", 1))
        },
    }


def _revenue(arm: Arm, currency: str | None, values: Values | None) -> dict[str, Figure]:
    definition, unit = "value of conversions that count / members assigned, also those who spent nothing", currency or ""
    total = None if values is None else values.totals.get(arm.variant, zero(unit))
    reason = NO_REVENUE if values is None else "no members assigned"
    explained = values.explained if values else None
    return {
        "revenue_per_member": ratio(total, arm.members, unit, definition, reason),
        "cuped_explained": estimated(
            explained, "1", DEFINITIONS["cuped_explained"], reason=values.reason if values else NO_REVENUE
        ),
    }
