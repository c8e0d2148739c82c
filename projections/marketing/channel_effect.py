"""channel_effect: the earnings of each sales channel, from its orders and from its traffic and cost by day.

There is a group for each channel, period and currency with sales or cost. A channel that had only visits or leads appears in
every currency of the report, with nothing sold. Figures without a currency (visits, leads, customers, the orders of a
conversion rate) cover the whole channel in the period, and every currency's group repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection

from domain.shared.money import zero
from projections.marketing import channel_traffic
from projections.marketing.channel_effect_figures import Buyers, Conversion, Earned, mean, measures
from projections.marketing.channel_traffic import Counts
from projections.marketing.channels import by_code
from projections.sales import channel_sales, leads
from projections.sales.leads import Counts as Leads
from projections.sales.order_customers import CustomersOrders, customers_orders, read_orders
from projections.sales.sales_figures import Sales
from projections.shared.ahead import early
from projections.shared.day_vectors import as_date, days_of, first_days, inside
from projections.shared.figures import Measured
from projections.shared.group_vectors import groups
from projections.shared.reports import Period, first_day
from projections.shared.rows import Row

Key = TypeVar("Key")
Amount = TypeVar("Amount", int, Decimal)

# ISO 4217: no currency is involved.
NO_CURRENCY = "XXX"


class Place(NamedTuple):
    """A channel in a period. `period` is its first day, or None for all days of the report."""

    channel: str
    period: date | None


class Described(msgspec.Struct, frozen=True):
    """A channel as it is now; all None if it was never opened."""

    name: str | None = None
    kind: str | None = None
    closed_at: datetime | None = None


class Effect(Measured, frozen=True, kw_only=True):
    """One channel in one period and currency; the currency is XXX if the whole report has none. `channel` describes it."""

    channel: Described


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
) -> tuple[list[Effect], list[Measured]]:
    """Channels on days from `from_` to before `to` in `zone`. Shares are of all channels, means are of the channels shown."""
    facts = _Facts.of(connection, from_, to, by_period, zone)
    shown = [(place, unit) for place, unit in facts.groups(currency) if channel in (None, place.channel)]
    shown.sort(key=lambda one: (one[0].period or date.min, one[1], one[0].channel))
    effects = [
        Effect(
            group={"channel": place.channel, **({by_period: place.period} if by_period else {}), "currency": unit},
            channel=facts.described(place),
            measures=measures(facts.earned(place, unit), conversion),
        )
        for place, unit in shown
    ]
    return effects, list(_means(effects))


def _means(effects: Iterable[Effect]) -> Iterator[Measured]:
    """The means over channels, by period and currency; the effects must be sorted by these."""
    for group, some in groupby(effects, key=lambda one: {name: of for name, of in one.group.items() if name != "channel"}):
        seed_effects = [one.measures["seed_channel_effect"] for one in some]
        yield Measured(group=group, measures=mean(seed_effects, str(group["currency"])))


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
        orders = read_orders(connection, with_channels=True)
        with early(channel_sales.sums_of_portions(connection, wanted)) as sums:
            buyers = _buyers(customers_orders(orders), from_, to, by, zone)
            sold = channel_sales.added_up(wanted, sums)
        sales = {(Place(one.channel or "", one.period), one.currency): one for one in sold}
        return cls(
            channels=by_code(connection),
            sales=sales,
            costs=_costs(connection, from_, to, by),
            counts=_counts(connection, from_, to, by),
            leads=_leads(connection, from_, to, by, zone),
            buyers=buyers,
            orders=_sums((place, one.orders) for (place, _), one in sales.items()),
            gross=_sums(((place.period, currency), one.gross) for (place, currency), one in sales.items()),
        )

    def groups(self, currency: str | None) -> set[tuple[Place, str]]:
        moved = self.sales.keys() | self.costs.keys()
        wanted = {currency} if currency else {unit for _, unit in moved} or {NO_CURRENCY}
        only_visited = (self.counts.keys() | self.leads.keys()) - {place for place, _ in moved}
        return {group for group in moved if group[1] in wanted} | {(place, unit) for place in only_visited for unit in wanted}

    def described(self, place: Place) -> Described:
        row = self.channels.get(place.channel)
        return Described(row["name"], row["kind"], row["closed_at"]) if row else Described()

    def earned(self, place: Place, currency: str) -> Earned:
        return Earned(
            sold=self.sales.get((place, currency)) or Sales.nothing(*place, currency),
            traffic=self.counts.get(place, Counts()),
            leads=self.leads.get(place, Leads()),
            buyers=self.buyers.get(place, Buyers()),
            orders=self.orders.get(place, 0),
            cost=self.costs.get((place, currency)),
            all_gross=self.gross.get((place.period, currency), zero(currency)),
        )


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


def _buyers(every: CustomersOrders, from_: date, to: date, by: Period | None, zone: tzinfo) -> dict[Place, Buyers]:
    import numpy as np

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
