"""The answer of `campaign_effect`: every number as a figure with its unit and definition."""

from __future__ import annotations

from projections.marketing.campaign_counts import COUNTED
from projections.marketing.campaign_effect import RATES, Effect, Mean
from projections.shared.figures import Figure, Measured, counted, summed, without_value

COUNTS: dict[str, str] = {
    "targeted": "members who were given a variant, the control included",
    "suppressed": "members who must not get anything",
    "sent": "members with a message that was sent",
    "delivered": "members with a recorded delivery, or with something sent and no hard or soft bounce of the same send",
    "bounced": "members with a bounce of any kind",
    "opened": "members with an open or a click",
    "opened_by_person": "members with an open or a click that is not known to be made by a machine",
    "clicked": "members with a click",
    "clicked_by_person": "members with a click that is not known to be made by a machine",
    "visited": "members with a visit",
    "responded": "members with a response",
    "unsubscribed": "members who unsubscribed",
    "marked_as_spam": "members who marked a message as spam",
    "converted": "members with a conversion within the attribution window",
    "untargeted": "members who were touched and never targeted",
    "removed": "members who were removed; they count in no other number",
}
INSIDE, OUTSIDE = (
    "conversions within the attribution window",
    "conversions before the targeting or after the attribution window",
)
MEASURES = (
    *COUNTED,
    *RATES,
    "conversions",
    "sales",
    "conversions_outside_window",
    "sales_outside_window",
    "seed_effect",
    "cost",
    "roi",
    "roas",
    "cost_per_conversion",
)
MEANS = ("seed_effect", "left_out")


def measured(effect: Effect) -> Measured:
    """The group of the campaign, or of its variant, in a currency."""
    unit = effect.currency or ""
    measures = {
        **{name: counted(effect.funnel[name], "members", COUNTS[name]) for name in COUNTED},
        **effect.rates,
        "conversions": counted(effect.conversions, "conversions", INSIDE),
        "sales": summed(effect.sales, unit, f"value of {INSIDE}"),
        "conversions_outside_window": counted(effect.conversions_outside_window, "conversions", OUTSIDE),
        "sales_outside_window": summed(effect.sales_outside_window, unit, f"value of {OUTSIDE}"),
        "seed_effect": effect.seed_effect,
        "cost": _cost(effect, unit),
        "roi": effect.roi,
        "roas": effect.roas,
        "cost_per_conversion": effect.cost_per_conversion,
    }
    group = {
        "campaign_id": str(effect.campaign_id),
        "campaign": effect.campaign,
        "attribution_window_days": effect.attribution_window_days,
        "variant": effect.variant,
        "currency": effect.currency,
    }
    return Measured(group=group, measures=measures)


def mean(of: Mean) -> Measured:
    """The group of a currency, with the mean of the groups shown."""
    left_out = counted(of.left_out, "groups", "groups without a seed effect, which the mean leaves out")
    return Measured(group={"currency": of.currency}, measures={"seed_effect": of.seed_effect, "left_out": left_out})


def _cost(effect: Effect, unit: str) -> Figure:
    definition = "spends of the campaign that were not reversed"
    if effect.cost is None:
        return without_value(unit, definition, effect.roi.reason or "")
    return summed(effect.cost, unit, definition)
