"""campaign_effect: did the campaign work? Its funnel of unique members, its sales and its cost.

Computed at query time from the rows of `campaigns` and `campaign_members`:

* a member counts once in every stage they reached. A member who was removed from the campaign counts as removed only.
* delivered = a delivery was recorded, or the message was sent without a hard or soft bounce, as Mailchimp counts
  (https://mailchimp.com/help/about-open-and-click-rates/). A click implies an open.
* a conversion counts within the campaign's attribution window: from the member's targeting (their first touch, if they were
  never targeted) to that many days later, in the same way for all variants. Without a window every conversion counts.
  Conversions outside the window have figures of their own.
* seed effect = sales × conversion rate, and its mean over the groups shown. It counts conversion twice; it is the figure of the
  classic script, so it has a name of its own.
* ROI = (sales × margin − cost) / cost, ROAS = sales / cost, cost per conversion = cost / converted members.

Sales are by currency and never mixed. The funnel and its rates cover all currencies; every currency's group repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from domain.marketing.campaign.values import TREATMENT
from domain.shared.money import from_minor_units, in_digits
from projections.marketing.campaign_counts import COUNTED, Group, Question, Sold, members_by_stage, sold
from projections.marketing.campaigns import Planned, planned
from projections.shared.figures import Figure, significant
from projections.shared.ratios import proportion, ratio

RATES: dict[str, tuple[str, str]] = {
    "send_rate": ("sent", "targeted"),
    "delivery_rate": ("delivered", "sent"),
    "open_rate": ("opened", "delivered"),
    "open_rate_by_person": ("opened_by_person", "delivered"),
    "click_rate": ("clicked", "delivered"),
    "click_to_open_rate": ("clicked", "opened"),
    "unsubscribe_rate": ("unsubscribed", "delivered"),
    "spam_rate": ("marked_as_spam", "delivered"),
    "delivered_of_targeted": ("delivered", "targeted"),
    "opened_of_targeted": ("opened", "targeted"),
    "clicked_of_targeted": ("clicked", "targeted"),
    "visit_rate": ("visited", "targeted"),
    "response_rate": ("responded", "targeted"),
    "conversion_rate": ("converted", "targeted"),
}
"""The numerator and denominator of each rate; both are numbers of members."""

NOBODY = dict.fromkeys(COUNTED, 0)


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign, or one variant of it, in one currency. `currency` is None if no currency is known."""

    campaign_id: UUID
    campaign: str
    variant: str | None
    currency: str | None
    attribution_window_days: int | None
    funnel: dict[str, int]
    rates: dict[str, Figure]
    conversions: int
    sales: Decimal
    conversions_outside_window: int
    sales_outside_window: Decimal
    seed_effect: Figure
    cost: Decimal | None
    roi: Figure
    roas: Figure
    cost_per_conversion: Figure


class Mean(msgspec.Struct, frozen=True):
    """The mean over the groups in one currency; `left_out` counts the groups without a conversion rate, which it omits."""

    currency: str | None
    seed_effect: Figure
    left_out: int


class Answered(NamedTuple):
    groups: list[Effect]
    means: list[Mean]


class Cost(NamedTuple):
    """The spend in one currency; None, with the reason, if the spend for the sales of the group is not known."""

    amount: Decimal | None
    reason: str = ""


class Part(NamedTuple):
    """A campaign, or one variant of it, with its counts."""

    campaign: Planned
    variant: str | None
    funnel: Mapping[str, int]
    sold: Mapping[str | None, Sold]

    def currencies(self) -> list[str | None]:
        """The currencies of sales and the campaign's own currency; just None if there is no currency."""
        known = {self.campaign.currency, *self.sold} - {None}
        return [*sorted(known, key=str)] or [None]


def report(connection: Connection, question: Question, margin: Decimal = Decimal(1)) -> Answered:
    """The effect by campaign, or by campaign and variant, and by currency. `margin` is the share of sales that is earned."""
    groups = [
        _effect(part, currency, _cost(part.campaign, currency, question), margin)
        for part in _parts(connection, question)
        for currency in part.currencies()
    ]
    return Answered(groups, means(groups))


def means(effects: Iterable[Effect]) -> list[Mean]:
    """The mean seed effect by currency."""
    by_currency: dict[str | None, list[Decimal | None]] = {}
    for effect in effects:
        by_currency.setdefault(effect.currency, []).append(effect.seed_effect.value)
    return [_mean(currency, values) for currency, values in sorted(by_currency.items(), key=lambda item: item[0] or "")]


def _mean(currency: str | None, values: Sequence[Decimal | None]) -> Mean:
    known = [value for value in values if value is not None]
    mean = ratio(
        significant(sum(known, Decimal(0))),
        len(known),
        currency or "",
        "sum of seed effects / groups with one",
        "no group has a conversion rate",
    )
    return Mean(currency, mean, len(values) - len(known))


def _parts(connection: Connection, question: Question) -> Iterator[Part]:
    campaigns = planned(connection, question.campaign_id)
    windows = {campaign.campaign_id: campaign.attribution_window_days for campaign in campaigns}
    by_stage, by_currency = members_by_stage(connection, question, windows), sold(connection, question)
    for campaign in campaigns:
        for variant in _variants(campaign, by_stage) if question.by_variant else [None]:
            group = campaign.campaign_id, variant
            yield Part(campaign, variant, by_stage.get(group, NOBODY), by_currency.get(group, {}))


def _variants(campaign: Planned, groups: Iterable[Group]) -> list[str | None]:
    """The planned variants in their order, then further variants of members; the default treatment if there are none."""
    found = {variant for campaign_id, variant in groups if campaign_id == campaign.campaign_id}
    planned = [*campaign.variants, *sorted(found.difference(campaign.variants), key=lambda variant: variant or "")]
    return planned or [TREATMENT]


def _cost(campaign: Planned, currency: str | None, question: Question) -> Cost:
    if question.by_variant:
        return Cost(None, "spend is known by campaign, not by variant")
    if not question.of_all_time:
        return Cost(None, "spend is not known by the day on which members were targeted")
    if not campaign.spent:
        return Cost(None, "no spend is recorded")
    if campaign.spent.keys() != {currency}:
        return Cost(None, f"spend is in {', '.join(sorted(campaign.spent))}")
    return Cost(campaign.spent[currency or ""])


def _effect(part: Part, currency: str | None, cost: Cost, margin: Decimal) -> Effect:
    campaign, funnel, sold = part.campaign, part.funnel, part.sold.get(currency, Sold())
    sales, unit = _amount(sold.value, currency), currency or ""
    return Effect(
        campaign_id=campaign.campaign_id,
        campaign=campaign.name,
        variant=part.variant,
        currency=currency,
        attribution_window_days=campaign.attribution_window_days,
        funnel=dict(funnel),
        rates={name: _rate(funnel, *stages) for name, stages in RATES.items()},
        conversions=sold.conversions,
        sales=sales,
        conversions_outside_window=sold.outside,
        sales_outside_window=_amount(sold.value_outside, currency),
        seed_effect=_seed_effect(sales, funnel, unit),
        cost=cost.amount,
        roi=_roi(sales, cost, margin, unit),
        roas=ratio(sales, cost.amount, "1", "sales / cost", cost.reason),
        cost_per_conversion=ratio(
            cost.amount, funnel["converted"], unit, "cost / members converted", cost.reason or "no members converted"
        ),
    )


def _amount(units: int, currency: str | None) -> Decimal:
    return Decimal(0) if currency is None else from_minor_units(units, currency)


def _rate(funnel: Mapping[str, int], numerator: str, denominator: str) -> Figure:
    definition = f"members {numerator} / members {denominator}".replace("_", " ")
    return proportion(funnel[numerator], funnel[denominator], "1", definition, f"no members {denominator}")


def _seed_effect(sales: Decimal, funnel: Mapping[str, int], unit: str) -> Figure:
    definition = "sales × conversion rate = sales × members converted / members targeted"
    return ratio(sales * funnel["converted"], funnel["targeted"], unit, definition, "no members targeted")


def _roi(sales: Decimal, cost: Cost, margin: Decimal, currency: str) -> Figure:
    gain = None if cost.amount is None else in_digits(sales * margin - cost.amount, currency)
    return ratio(gain, cost.amount, "1", "(sales × margin - cost) / cost", cost.reason)
