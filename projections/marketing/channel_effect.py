"""channel_effect: the earnings of each sales channel, from its orders and from its traffic and cost by day.

There is a group for each channel, period and currency with sales or cost. A channel that had only visits or leads appears in
every currency of the report, with nothing sold. Figures without a currency (visits, leads, customers, the orders of a
conversion rate) cover the whole channel in the period, and every currency's group repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from itertools import groupby
from typing import Literal, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict
from sqlalchemy import Connection

from domain.shared.money import zero
from projections.marketing import channel_traffic
from projections.marketing.channel_traffic import Counts
from projections.marketing.channels import by_code
from projections.sales import channel_sales, leads
from projections.sales.channel_sales import Sales, average_order
from projections.sales.leads import Counts as Leads
from projections.sales.order_book import Figures
from projections.sales.order_customers import customers_orders
from projections.shared.day_vectors import as_date, days_of, first_days, inside
from projections.shared.figures import Figure, significant
from projections.shared.group_vectors import groups
from projections.shared.ratios import proportion, ratio
from projections.shared.reports import Period, first_day
from projections.shared.rows import Row

Key = TypeVar("Key")
Amount = TypeVar("Amount", int, Decimal)
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

# ISO 4217: no currency is involved.
NO_CURRENCY = "XXX"


class Place(NamedTuple):
    """A channel in a period. `period` is its first day, or None for all days of the report."""

    channel: str
    period: date | None


class Buyers(NamedTuple):
    """The customers who ordered on a channel in a period, and those of them who had never ordered before on any channel."""

    customers: int = 0
    new_customers: int = 0


class SeedEffect(msgspec.Struct, frozen=True, kw_only=True):
    """Sales × conversion rate; no value if there is no rate."""

    value: Decimal | None
    sales: Decimal
    conversion_rate: Decimal | None
    unit: str
    definition: str = "sales × conversion rate, where sales = gross"
    reason: str | None = None


class Effect(Sales, frozen=True, kw_only=True):
    """One channel in one period and currency; the currency is XXX if the whole report has none.

    `name`, `kind` and `closed_at` are the channel's, or None if it was never opened. Counts are None if none was recorded, and
    so is `cost`. `orders` are the orders in this currency.
    """

    name: str | None
    kind: str | None
    closed_at: datetime | None
    visits: int | None
    visitors: int | None
    impressions: int | None
    clicks: int | None
    leads: int
    converted_leads: int
    conversion_rate: Figure
    lead_conversion_rate: Figure
    customers: int
    new_customers: int
    cost: Decimal | None
    acquisition_cost: Figure
    lead_cost: Figure
    share_of_sales: Figure
    seed_channel_effect: SeedEffect


class Mean(msgspec.Struct, frozen=True, kw_only=True):
    """The mean over the channels of a period and currency. It leaves out the `without_rate` channels without a seed effect."""

    period: date | None
    currency: str
    seed_channel_effect: Figure
    without_rate: int


def report(
    connection: Connection,
    *,
    from_: date,
    to: date,
    by_period: Period | None = None,
    zone: tzinfo,
    channel: str | None = None,
    currency: str | None = None,
    conversion: Conversion = "orders-per-visit",
) -> tuple[list[Effect], list[Mean]]:
    """Channels on days from `from_` to before `to` in `zone`. Shares are of all channels, means are of the channels shown."""
    facts = _Facts.of(connection, from_, to, by_period, zone)
    effects = [
        facts.effect(place, unit, conversion) for place, unit in facts.groups(currency) if channel in (None, place.channel)
    ]
    effects.sort(key=lambda effect: (effect.period or date.min, effect.currency, effect.channel))
    return effects, list(_means(effects))


def _means(effects: Sequence[Effect]) -> Iterable[Mean]:
    """The means by period and currency; the effects must be sorted by these."""
    for (period, currency), group in groupby(effects, key=lambda effect: (effect.period, effect.currency)):
        values = [effect.seed_channel_effect.value for effect in group]
        known = [value for value in values if value is not None]
        mean = ratio(
            significant(sum(known, Decimal(0))),
            len(known),
            currency,
            "sum of seed_channel_effect / channels that have a conversion rate",
            "no channel has a conversion rate",
        )
        yield Mean(period=period, currency=currency, seed_channel_effect=mean, without_rate=len(values) - len(known))


class _Facts(NamedTuple):
    """The recorded facts of all days of the report."""

    channels: Mapping[str, Row]
    sales: Mapping[tuple[Place, str], Sales]
    costs: Mapping[tuple[Place, str], Decimal]
    counts: Mapping[Place, Counts]
    leads: Mapping[Place, Leads]
    buyers: Mapping[Place, Buyers]
    orders: Mapping[Place, int]
    gross: Mapping[tuple[date | None, str], Decimal]

    @classmethod
    def of(cls, connection: Connection, from_: date, to: date, by: Period | None, zone: tzinfo) -> _Facts:
        wanted = channel_sales.Question(from_=from_, to=to, zone=zone, by=("channel", by) if by else ("channel",))
        sold = channel_sales.report(connection, wanted)
        sales = {(Place(one.channel or "", one.period), one.currency): one for one in sold}
        return cls(
            channels=by_code(connection),
            sales=sales,
            costs=_costs(connection, from_, to, by),
            counts=_counts(connection, from_, to, by),
            leads=_leads(connection, from_, to, by, zone),
            buyers=_buyers(connection, from_, to, by, zone),
            orders=_sums((place, one.orders) for (place, _), one in sales.items()),
            gross=_sums(((place.period, currency), one.gross) for (place, currency), one in sales.items()),
        )

    def groups(self, currency: str | None) -> set[tuple[Place, str]]:
        moved = self.sales.keys() | self.costs.keys()
        wanted = {currency} if currency else {unit for _, unit in moved} or {NO_CURRENCY}
        only_visited = (self.counts.keys() | self.leads.keys()) - {place for place, _ in moved}
        return {group for group in moved if group[1] in wanted} | {(place, unit) for place in only_visited for unit in wanted}

    def effect(self, place: Place, currency: str, conversion: Conversion) -> Effect:
        sold = self.sales.get((place, currency)) or _nothing_sold(place, currency)
        counts, buyers = self.counts.get(place, Counts()), self.buyers.get(place, Buyers())
        leads = self.leads.get(place, Leads())
        counted = counts._asdict() | {"leads": leads.captured, "converted_leads": leads.converted}
        rate = _conversion_rate(conversion, counted | {"orders": self.orders.get(place, 0)})
        cost = self.costs.get((place, currency))
        channel = self.channels.get(place.channel, {})
        return Effect(
            **asdict(sold),
            name=channel.get("name"),
            kind=channel.get("kind"),
            closed_at=channel.get("closed_at"),
            **counted,
            **buyers._asdict(),
            conversion_rate=rate,
            lead_conversion_rate=_conversion_rate("converted-leads-per-lead", counted),
            cost=cost,
            acquisition_cost=_cost_of_each(cost, buyers.new_customers, currency, "new_customers"),
            lead_cost=_cost_of_each(cost, leads.captured, currency, "leads"),
            share_of_sales=_share(sold.gross, self.gross.get((place.period, currency), zero(currency))),
            seed_channel_effect=_seed_effect(sold, rate),
        )


# Figures


def _nothing_sold(place: Place, currency: str) -> Sales:
    amounts = dict.fromkeys((*Figures._fields, "net", "total", "cash_net"), zero(currency))
    average = average_order(zero(currency), 0, currency)
    return Sales(channel=place.channel, period=place.period, currency=currency, orders=0, **amounts, average_order=average)


def _conversion_rate(conversion: Conversion, counted: Mapping[str, int | None]) -> Figure:
    of, each = CONVERSIONS[conversion]
    reason = f"no {each} were recorded" if counted[each] is None else f"there were no {each}"
    definition = f"{'orders of all currencies' if of == 'orders' else of} / {each}"
    return proportion(counted[of] or 0, counted[each], conversion.replace("-", " "), definition, reason)


def _cost_of_each(cost: Decimal | None, count: int, currency: str, each: str) -> Figure:
    reason = "no cost was recorded" if cost is None else f"there were no {each.replace('_', ' ')}"
    return ratio(cost, count, currency, f"cost / {each}", reason)


def _share(gross: Decimal, of_all: Decimal) -> Figure:
    definition = "gross / gross of all channels in this period and currency"
    return ratio(gross, of_all, "share", definition, "nothing was sold")


def _seed_effect(sold: Sales, rate: Figure) -> SeedEffect:
    value = None
    if rate.numerator is not UNSET and rate.numerator is not None and rate.denominator:
        value = significant(sold.gross * (Decimal(rate.numerator) / rate.denominator))
    return SeedEffect(value=value, sales=sold.gross, conversion_rate=rate.value, unit=sold.currency, reason=rate.reason)


# Sums by channel and period


def _counts(connection: Connection, from_: date, to: date, by: Period | None) -> dict[Place, Counts]:
    found: dict[Place, Counts] = {}
    for (channel, day), counts in channel_traffic.traffic(connection, from_, to).items():
        place = _place(channel, day, by)
        found[place] = found.get(place, Counts()).plus(counts)
    return found


def _leads(connection: Connection, from_: date, to: date, by: Period | None, zone: tzinfo) -> dict[Place, Leads]:
    """Leads by channel and period; leads without a known channel are left out, since no channel earned them."""
    found: dict[Place, Leads] = {}
    for (channel, day), counts in leads.by_channel(connection, from_, to, zone).items():
        if channel is not None:
            place = _place(channel, day, by)
            before = found.get(place, Leads())
            found[place] = Leads(before.captured + counts.captured, before.converted + counts.converted)
    return found


def _costs(connection: Connection, from_: date, to: date, by: Period | None) -> dict[tuple[Place, str], Decimal]:
    days = channel_traffic.costs(connection, from_, to)
    return _sums(((_place(channel, day, by), currency), cost) for (channel, day, currency), cost in days.items())


def _buyers(connection: Connection, from_: date, to: date, by: Period | None, zone: tzinfo) -> dict[Place, Buyers]:
    import numpy as np

    every = customers_orders(connection, with_channels=True)
    orders = every.some(inside(every.placed_at, every.placed_on, from_, to, zone))
    days = days_of(orders.placed_at, orders.placed_on, zone) if by else np.zeros(len(orders.ids), np.int64)
    found = groups(orders.channels, first_days(days, by) if by else days)
    new = np.bincount(found.of_rows[orders.first], minlength=found.length).tolist()
    customers = found.different(orders.customers, np.ones(len(orders.ids), np.bool_))
    return {
        Place(every.channel_names[channel], as_date(period) if by else None): Buyers(customers[number], new[number])
        for number, (channel, period) in enumerate(found.keys)
    }


def _place(channel: str, day: date, by: Period | None) -> Place:
    return Place(channel, first_day(day, by) if by else None)


def _sums(parts: Iterable[tuple[Key, Amount]]) -> dict[Key, Amount]:
    sums: dict[Key, Amount] = {}
    for key, amount in parts:
        sums[key] = sums[key] + amount if key in sums else amount
    return sums
