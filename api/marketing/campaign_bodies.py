"""Request bodies of commands on campaigns, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.shared.elsewhere import Elsewhere
from api.shared.fields import ABSENT, Body, CalendarDay, Code, CommandBody, Currency, DecimalText, Line, Number, Text
from domain.marketing.campaign import values

PLAN: dict[str, Any] = {
    "name": "Spring newsletter",
    "goal": {"metric": "converted", "target": "500"},
    "channels": ["email"],
    "budget": "12000.00",
    "currency": "EUR",
    "starts": "2026-03-01",
    "ends": "2026-03-31",
    "holdout_share": "0.1",
    "attribution_window_days": 14,
    "expected_conversion_difference": "0.02",
    "variants": [{"code": "short", "share": "0.45"}, {"code": "long", "share": "0.45"}],
    "audience": "Customers who bought last spring and not since",
}


class GoalBody(Body):
    """`metric` is a code such as `converted` or `sales`; `target` is the figure to reach."""

    states = values.Goal

    metric: Code
    target: DecimalText


class VariantBody(Body):
    """A treatment, and the share of the targeted members that get it, as a fraction. The variant `control` always exists."""

    states = values.Variant

    code: Code
    share: DecimalText | None = None


Channels = Annotated[list[Code], Field(max_length=50)]
Variants = Annotated[list[VariantBody], Field(max_length=50)]
Window = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=3650,
        description="A conversion counts until this many days after the targeting; without a window every conversion counts.",
    ),
]
HoldOut = Annotated[DecimalText, Field(description="Share of the audience that is kept as the control group, as a fraction.")]

ExpectedDifference = Annotated[
    DecimalText,
    Field(
        description="The difference of conversion rates between an arm and the control that the campaign is planned to show, as"
        " a fraction: the smallest one worth seeing. The interval for many looks is made for it. It is fixed at the launch."
    ),
]


class PlanBody(CommandBody):
    """`starts` and `ends` are the first and the last day. `strategy`, `scheme` and `audience` are free text."""

    name: Annotated[Line, Field(description="Not stored as personal data: it names a campaign, not a person.")]
    goal: GoalBody | None = None
    strategy: Text | None = None
    scheme: Text | None = None
    channels: Channels = []
    audience: Text | None = None
    budget: DecimalText | None = None
    currency: Annotated[Currency | None, Field(description="ISO 4217; required with a budget.")] = None
    starts: CalendarDay | None = None
    ends: CalendarDay | None = None
    holdout_share: HoldOut | None = None
    attribution_window_days: Window | None = None
    expected_conversion_difference: ExpectedDifference | None = None
    variants: Variants = []
    owner: Code | None = None
    team: Code | None = None

    model_config = {"json_schema_extra": {"examples": [PLAN]}}


class ReviseBody(CommandBody):
    """A merge patch of the plan: absent fields stay, null clears. `channels` and `variants` replace the whole list."""

    name: Line = ABSENT
    goal: GoalBody | None = None
    strategy: Text | None = None
    scheme: Text | None = None
    channels: Channels | None = None
    audience: Text | None = None
    starts: CalendarDay | None = None
    ends: CalendarDay | None = None
    holdout_share: HoldOut | None = None
    attribution_window_days: Window | None = None
    expected_conversion_difference: ExpectedDifference | None = None
    variants: Variants | None = None

    budget: Annotated[Any, Elsewhere("PUT /v1/campaigns/{id}/budget")] = None
    currency: Annotated[Any, Elsewhere("PUT /v1/campaigns/{id}/budget")] = None
    owner: Annotated[Any, Elsewhere("PUT /v1/campaigns/{id}/assignment")] = None
    team: Annotated[Any, Elsewhere("PUT /v1/campaigns/{id}/assignment")] = None

    model_config = {"json_schema_extra": {"examples": [{"ends": "2026-04-15", "holdout_share": None}]}}


class BudgetBody(CommandBody):
    """The campaign's new budget; null removes it. `currency` defaults to the campaign's currency."""

    budget: DecimalText | None
    currency: Currency | None = None


class ReasonBody(CommandBody):
    """`reason` is a code."""

    reason: Code | None = None


class CancelBody(CommandBody):
    """`reason` is a code, `note` is for people."""

    reason: Code | None = None
    note: Text | None = None


class SpendBody(CommandBody):
    """Money spent, identified by `spend_id`. `category` is a code such as `media`."""

    spend_id: Number
    amount: DecimalText
    currency: Annotated[Currency | None, Field(description="ISO 4217; defaults to the campaign's currency.")] = None
    category: Code | None = None

    model_config = {"json_schema_extra": {"examples": [{"spend_id": "inv-17", "amount": "250.00", "category": "media"}]}}


class SpendReversalBody(CommandBody):
    """`reason` is a code."""

    spend_id: Number
    reason: Code | None = None


class ReleaseBody(CommandBody):
    """A person or an asset, by its code."""

    kind: values.ResourceKind
    code: Code


class ResourceBody(ReleaseBody):
    """`share` is the part of their time that goes to the campaign, as a fraction."""

    share: DecimalText | None = None


class ReachBody(CommandBody):
    milestone_id: Code


class MilestoneBody(ReachBody):
    """A milestone; it replaces an existing one with the same id."""

    due: CalendarDay | None = None
    title: Text | None = None
