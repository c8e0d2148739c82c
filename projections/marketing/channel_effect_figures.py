"""The figures of `channel_effect`: every number with its unit and definition, and what it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from projections.marketing.channel_traffic import COUNTS, Counts
from projections.sales import sales_figures
from projections.sales.leads import Counts as Leads
from projections.sales.sales_figures import Sales
from projections.shared.figures import Figure, counted, plain, significant, summed, without_value
from projections.shared.ratios import proportion, ratio

Conversion = Literal[
    "orders-per-visit", "orders-per-lead", "leads-per-visit", "converted-leads-per-visit", "converted-leads-per-lead"
]

CONVERSIONS: dict[Conversion, tuple[str, str]] = {
    "orders-per-visit": ("orders", "visits"),
    "orders-per-lead": ("orders", "leads"),
    "leads-per-visit": ("leads", "visits"),
    "converted-leads-per-visit": ("converted_leads", "visits"),
    "converted-leads-per-lead": ("converted_leads", "leads"),
}
"""The numerator and denominator of each conversion rate."""
OF_PEOPLE: Conversion = "converted-leads-per-lead"
"""The rate whose interval is no approximation: each lead is converted, or is not."""
APPROXIMATE = {
    "visits": "visits of the same person are not independent, so the interval is an approximation",
    "leads": "orders are no part of the leads, so the interval is an approximation",
}
"""Why the interval of another rate is an approximation, by its denominator."""

RECORDED = "the latest count of each source for each day, added up over sources and days"
TRAFFIC = {
    "visits": RECORDED,
    "visitors": f"{RECORDED}; visitors of two days may be the same people",
    "impressions": RECORDED,
    "clicks": RECORDED,
}
PEOPLE = {
    "leads": ("leads", "leads captured on the channel"),
    "converted_leads": ("leads", "leads captured on the channel that are converted now"),
    "customers": ("customers", "different customers who placed an order on the channel, in all currencies"),
    "new_customers": ("customers", "customers whose very first order was placed on the channel in this period"),
}
"""The unit and the definition of each count of people."""
COST = "what sources billed in this currency"
SHARE = "gross / gross of all channels in this period and currency"
SEED_EFFECT = "gross × conversion_rate"
QUOTIENTS = ("acquisition_cost", "lead_cost", "share_of_sales", "seed_channel_effect")


class Buyers(NamedTuple):
    """The customers who ordered on a channel in a period, and those of them who had never ordered before on any channel."""

    customers: int = 0
    new_customers: int = 0


class Earned(NamedTuple):
    """What is known of a channel in a period: its sales in one currency, and counts that have no currency.

    `orders` are those of all currencies, `all_gross` is the gross of all channels.
    """

    sold: Sales
    traffic: Counts
    leads: Leads
    buyers: Buyers
    orders: int
    cost: Decimal | None
    all_gross: Decimal

    def number(self, name: str) -> int | None:
        """The numerator or denominator of a conversion rate; None if nobody counted visits."""
        match name:
            case "orders":
                return self.orders
            case "leads":
                return self.leads.captured
            case "converted_leads":
                return self.leads.converted
            case _:
                return self.traffic.visits


def measures(earned: Earned, conversion: Conversion) -> dict[str, Figure]:
    """The counts of traffic and people, the figures of sales, the rates, the cost, and QUOTIENTS."""
    sold, leads, buyers = earned.sold, earned.leads, earned.buyers
    people = (leads.captured, leads.converted, buyers.customers, buyers.new_customers)
    return {
        **{name: _traffic(name, getattr(earned.traffic, name)) for name in COUNTS},
        **sales_figures.measures(sold),
        **{name: counted(count, *PEOPLE[name]) for name, count in zip(PEOPLE, people, strict=True)},
        "conversion_rate": _conversion_rate(earned, conversion),
        "lead_conversion_rate": _conversion_rate(earned, OF_PEOPLE),
        "cost": _cost(earned),
        "acquisition_cost": _cost_of_each(earned, buyers.new_customers, "new_customers"),
        "lead_cost": _cost_of_each(earned, leads.captured, "leads"),
        "share_of_sales": ratio(sold.gross, earned.all_gross, "1", SHARE, "nothing was sold"),
        "seed_channel_effect": _seed_effect(earned, conversion),
    }


def _traffic(name: str, count: int | None) -> Figure:
    if count is None:
        return without_value(name, TRAFFIC[name], f"no {name} were recorded")
    return counted(count, name, TRAFFIC[name])


def _conversion_rate(earned: Earned, conversion: Conversion) -> Figure:
    of, each = CONVERSIONS[conversion]
    definition = f"{'orders of all currencies' if of == 'orders' else of} / {each}"
    rate = proportion(earned.number(of) or 0, earned.number(each), "1", definition, _no_rate(earned, conversion))
    approximate = rate.interval is not UNSET and conversion != OF_PEOPLE
    return replace(rate, caution=APPROXIMATE[each]) if approximate else rate


def _no_rate(earned: Earned, conversion: Conversion) -> str:
    """The reason if there is no rate."""
    _, each = CONVERSIONS[conversion]
    return f"no {each} were recorded" if earned.number(each) is None else f"there were no {each}"


def _cost(earned: Earned) -> Figure:
    if earned.cost is None:
        return without_value(earned.sold.currency, COST, "no cost was recorded")
    return summed(earned.cost, earned.sold.currency, COST)


def _cost_of_each(earned: Earned, count: int, each: str) -> Figure:
    reason = "no cost was recorded" if earned.cost is None else f"there were no {each.replace('_', ' ')}"
    return ratio(earned.cost, count, earned.sold.currency, f"cost / {each}", reason)


def _seed_effect(earned: Earned, conversion: Conversion) -> Figure:
    of, each = CONVERSIONS[conversion]
    product = plain(earned.sold.gross * (earned.number(of) or 0))
    return ratio(product, earned.number(each), earned.sold.currency, SEED_EFFECT, _no_rate(earned, conversion))


def mean(effects: Sequence[Figure], currency: str) -> dict[str, Figure]:
    """The mean of the seed effects that have a value, and how many have none."""
    known = [effect.value for effect in effects if effect.value is not None]
    definition = "sum of seed_channel_effect / channels that have a conversion rate"
    found = ratio(significant(sum(known, Decimal(0))), len(known), currency, definition, "no channel has a conversion rate")
    left_out = counted(len(effects) - len(known), "channels", "channels without a conversion rate, which the mean leaves out")
    return {"seed_channel_effect": found, "without_rate": left_out}
