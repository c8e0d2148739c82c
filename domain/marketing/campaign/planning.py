"""The plan of a campaign: goal, channels, audience, dates, variants and budget."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, Unpack, get_args

from msgspec import UNSET

from domain.marketing.campaign.state import State
from domain.marketing.campaign.values import Field, Goal, Plan, Variant, checked
from domain.shared import money
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.given import Given
from domain.shared.personal import Personal
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import code

EMPTY: dict[str, Any] = {"channels": (), "variants": ()}
"""The empty values of list fields. The empty value of all other fields is None."""


class CampaignPlannedOtherwise(AlreadyThere):
    """This campaign is already planned, with other values."""


class EndsBeforeStart(Refusal):
    """A campaign must not end before it starts."""


class ExpectedDifferenceIsFixed(Refusal):
    """The expected difference of conversion rates can only change before the campaign is launched.

    The interval for many looks is valid only if nobody chooses its tau after seeing the data.
    """


class NameRequired(Malformed):
    """A campaign must have a name."""


class CurrencyRequired(Malformed):
    """An amount must be given with its currency."""


class Planned(Event, frozen=True, tag="crm.campaign.planned.v1"):
    """`budget` is in `currency`. `starts` and `ends` are the first and the last day.

    `holdout_share` is the share of the audience in the control group, as a fraction. A conversion counts up to
    `attribution_window_days` days after the member was targeted; without a window all conversions count.
    `expected_conversion_difference` is the difference of conversion rates that the campaign is planned to show, as a fraction.
    """

    name: str
    goal: Goal | None = None
    channels: tuple[str, ...] = ()
    budget: Decimal | None = None
    currency: str | None = None
    starts: date | None = None
    ends: date | None = None
    holdout_share: Decimal | None = None
    attribution_window_days: int | None = None
    variants: tuple[Variant, ...] = ()
    owner: str | None = None
    team: str | None = None
    expected_conversion_difference: Decimal | None = None
    strategy: Personal[str] = None
    scheme: Personal[str] = None
    audience: Personal[str] = None

    def apply(self, campaign: State, metadata: Metadata) -> None:
        campaign.planned = self
        campaign.plan = {field: getattr(self, field) for field in ("name", *get_args(Field))}
        campaign.budget, campaign.currency = self.budget, self.currency
        campaign.assignment = (self.owner, self.team)


class Revised(Event, frozen=True, tag="crm.campaign.revised.v1"):
    """Only the fields that changed; each new value replaces the whole field. `cleared` names the fields that are now empty."""

    name: str | None = None
    goal: Goal | None = None
    channels: tuple[str, ...] | None = None
    starts: date | None = None
    ends: date | None = None
    holdout_share: Decimal | None = None
    attribution_window_days: int | None = None
    variants: tuple[Variant, ...] | None = None
    cleared: tuple[Field, ...] = ()
    expected_conversion_difference: Decimal | None = None
    strategy: Personal[str] = None
    scheme: Personal[str] = None
    audience: Personal[str] = None

    def apply(self, campaign: State, metadata: Metadata) -> None:
        for field in campaign.plan:
            if field in self.cleared:
                campaign.plan[field] = EMPTY.get(field)
            elif (value := getattr(self, field)) is not None:
                campaign.plan[field] = value


class BudgetChanged(Event, frozen=True, tag="crm.campaign.budget_changed.v1"):
    """The new budget of the campaign. None means that it has no budget."""

    budget: Decimal | None = None
    currency: str | None = None

    def apply(self, campaign: State, metadata: Metadata) -> None:
        campaign.budget, campaign.currency = self.budget, self.currency or campaign.currency


class Planning(State):
    @decision
    def draw_up(
        self,
        context: Context,
        *,
        name: str,
        budget: Decimal | None = None,
        currency: str | None = None,
        owner: str | None = None,
        team: str | None = None,
        **plan: Unpack[Plan],
    ) -> None:
        """Plans the campaign. Raises CampaignPlannedOtherwise or Malformed; EndsBeforeStart (a flag on import)."""
        stated = {field: value for field, value in checked({"name": name, **plan}).items() if value is not None}
        planned = Planned(
            **stated,
            budget=None if budget is None else money.not_negative(budget, currency_of(currency)),
            currency=None if currency is None else currency_of(currency),
            owner=owner and code(owner, "owner"),
            team=team and code(team, "team"),
        )
        if self.planned is None:
            self.record(context, planned, *self._refuse_end_before_start(context, planned.starts, planned.ends))
        elif self.planned != planned:
            raise CampaignPlannedOtherwise(f"The campaign {self.id} is already planned, with other values.", id=self.id)

    @decision
    def revise(self, context: Context, *, name: Given[str] = UNSET, **plan: Unpack[Plan]) -> None:
        """Records only changes: UNSET keeps a value, None clears it.

        Raises Malformed, NameRequired; CampaignHasEnded, EndsBeforeStart and ExpectedDifferenceIsFixed (flags on import).
        """
        stated = {
            field: EMPTY.get(field) if value is None else value for field, value in checked(plan | {"name": name}).items()
        }
        changed = {field: value for field, value in stated.items() if self.plan.get(field) != value}
        if not changed:
            return
        if changed.get("name", name) is None:
            raise NameRequired
        values = {field: value for field, value in changed.items() if value != EMPTY.get(field)}
        event = Revised(**values, cleared=tuple(field for field in get_args(Field) if field in changed.keys() - values.keys()))
        if self.was_recorded(context, event):
            return
        flags = self._refuse_end_before_start(context, changed.get("starts", self.starts), changed.get("ends", self.ends))
        self.record(context, event, *self.refuse_ended(context), *flags, *self._refuse_other_difference(context, changed))

    @decision
    def change_budget(self, context: Context, budget: Decimal | None, currency: str | None = None) -> None:
        """Without `currency`, the amount is in the campaign's currency. Raises CurrencyRequired or Malformed."""
        of = currency_of(currency) if currency else self.currency
        exact = None if budget is None else money.not_negative(budget, currency_of(of))
        if (exact, of) != (self.budget, self.currency):
            self.record_once(context, BudgetChanged(budget=exact, currency=of))

    def _refuse_end_before_start(self, context: Context, starts: date | None, ends: date | None) -> tuple[str, ...]:
        return self.refuse(context, EndsBeforeStart()) if starts and ends and ends < starts else ()

    def _refuse_other_difference(self, context: Context, changed: Collection[str]) -> tuple[str, ...]:
        fixed = self.status != "planned" and "expected_conversion_difference" in changed
        return self.refuse(context, ExpectedDifferenceIsFixed()) if fixed else ()


def currency_of(currency: str | None) -> str:
    """Raises CurrencyRequired, UnknownCurrency."""
    if currency is None:
        raise CurrencyRequired
    money.minor_digits(currency)
    return currency
