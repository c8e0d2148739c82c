"""channel_comparison: do channels differ, or is it chance? And how does each compare with the period before it?

Each channel is compared with all others together. The p-values of one kind are adjusted for their number, within the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import Connection

from domain.shared.money import from_minor_units, minor_digits, zero
from projections.customers.merging import READ as MERGES
from projections.marketing.channel_traffic import traffic
from projections.sales.placed_orders import Group, PlacedOrders, Sold, Span, placed_orders
from projections.sales.sales_figures import average_order
from projections.shared.figures import Figure, Measured, Test, between, counted, estimated, summed, without_value
from projections.shared.ratios import proportion, ratio
from projections.shared.reports import Days, TooManyGroups
from projections.shared.statistics import bootstrap, comparisons, shrinkage
from projections.shared.statistics.shrinkage import Shrunk

if TYPE_CHECKING:
    from projections.shared.vectors import Whole

READ = ("channel_sales", "channel_traffic", "orders", *MERGES)
MEASURES = (
    "orders",
    "gross",
    "share",
    "change",
    "change_from_year_before",
    "average_order",
    "conversion_rate",
    "conversion_rate_shrunk",
    "repeat_purchase_rate",
)
TOTALS = ("gross", "change", "change_from_year_before", "channels", "concentration")
MOST = 100
"""So many groups an answer has at most, because each is resampled."""
FIRST = date(1900, 1, 1)
LAST = date(9999, 1, 1)

FEWEST_ORDERS = 100
"""With 50 orders, the interval of a very skewed average covers 91 %, and with 200 orders 93 %."""
VISITS = "visits of the same person are not independent, so the interval and the test are approximations"
SHARE = "gross / gross of all channels in this currency"
AGAIN = "customers with two orders or more on the channel / customers with one or more, on these days and in all currencies"


class Question(Days, frozen=True, kw_only=True):
    """Orders placed from `from_` to before `to` in `zone`; with a `currency`, amounts in it only."""

    currency: str | None = None


class Before(NamedTuple):
    """The gross of another period by channel and currency; `reason` says why there is no such period."""

    gross: Mapping[Group, Decimal]
    reason: str = ""
    caution: str = ""

    def change(self, of: Sequence[Group], now: Decimal, name: str) -> Figure:
        """(now − before) / before."""
        definition = f"(gross − gross of {name}) / gross of {name}"
        if self.reason:
            return without_value("1", definition, self.reason)
        before = sum((self.gross.get(group, Decimal(0)) for group in of), Decimal(0))
        found = ratio(now - before, before, "1", definition, f"nothing was sold in {name}")
        return replace(found, caution=self.caution) if self.caution else found


class Around(NamedTuple):
    """The period before, of the same length, and the same days one year before."""

    previous: Before
    year: Before

    def changes(self, of: Sequence[Group], now: Decimal) -> dict[str, Figure]:
        return {
            "change": self.previous.change(of, now, "the period before"),
            "change_from_year_before": self.year.change(of, now, "the same days one year before"),
        }


class Found(NamedTuple):
    """The totals by currency, and the channels by currency."""

    totals: list[Measured]
    groups: list[Measured]


def report(connection: Connection, question: Question, today: date) -> Found:
    """Channels with sales, and channels with visits only, in each currency. Raises TooManyGroups."""
    earlier = _earlier(question)
    placed = placed_orders(connection, question, filter(None, earlier))
    visits, orders = _visits(connection, question), _orders(placed.sold)
    shown = {group: one for group, one in placed.sold.items() if question.currency in (None, group[1])}
    gross: dict[str, dict[str, Decimal]] = {
        currency: dict.fromkeys(visits, zero(currency)) for currency in {currency for _, currency in shown}
    }
    for (channel, currency), one in shown.items():
        gross[currency][channel] = from_minor_units(one.gross, currency)
    if (length := sum(map(len, gross.values()))) > MOST:
        raise TooManyGroups(f"The report would have {length} groups; the limit is {MOST}. Name a currency.")
    around, people = Around(*(_before(placed, span, question, today) for span in earlier)), placed.repeated()
    averages, rates = _averages(placed, gross), _rates(visits, orders)

    def measured(channel: str, currency: str) -> Measured:
        group, amount = (channel, currency), gross[currency][channel]
        count = shown[group].orders if group in shown else 0
        figures = {
            "orders": counted(count, "orders", "orders placed in this currency"),
            "gross": summed(amount, currency, "price × quantity before discounts, tax, shipping and returns"),
            "share": ratio(amount, sum(gross[currency].values()), "1", SHARE, "nothing was sold"),
            **around.changes([group], amount),
            "average_order": averages.get(group) or average_order(zero(currency), 0, currency),
            **rates[channel],
            "repeat_purchase_rate": proportion(*people.get(channel, (0, 0)), "1", AGAIN, "no customer ordered"),
        }
        return Measured(group={"channel": channel, "currency": currency}, measures=figures)

    groups = [
        measured(channel, currency)
        for currency in sorted(gross)
        for channel in sorted(gross[currency], key=lambda channel, of=gross[currency]: (-of[channel], channel))  # type: ignore[misc]
    ]
    return Found([_total(currency, gross[currency], around) for currency in sorted(gross)], groups)


def _orders(every: Mapping[Group, Sold]) -> dict[str, int]:
    """Orders of all currencies by channel, since visits have no currency."""
    found: dict[str, int] = {}
    for (channel, _), one in every.items():
        found[channel] = found.get(channel, 0) + one.orders
    return found


def _visits(connection: Connection, question: Question) -> dict[str, int]:
    """Visits by channel; a channel whose visits nobody counted is left out."""
    found: dict[str, int] = {}
    for (channel, _), counts in traffic(connection, question.from_, question.to).items():
        if counts.visits is not None:
            found[channel] = found.get(channel, 0) + counts.visits
    return found


def _total(currency: str, of: Mapping[str, Decimal], around: Around) -> Measured:
    total = sum(of.values(), Decimal(0))
    squares = sum((gross**2 for gross in of.values()), Decimal(0))
    definition = "sum of the squared shares of the channels: 1 is one channel alone (Herfindahl and Hirschman)"
    concentration = ratio(squares, total**2, "1", definition, "nothing was sold")
    if any(gross < 0 for gross in of.values()):
        concentration = without_value("1", definition, "a channel has a negative gross, because orders were amended")
    every = {group for before in around for group in before.gross if group[1] == currency}
    figures = {
        "gross": summed(total, currency, "gross of all channels"),
        **around.changes(sorted(every), total),
        "channels": counted(sum(gross > 0 for gross in of.values()), "channels", "channels with sales"),
        "concentration": concentration,
    }
    return Measured(group={"currency": currency}, measures=figures)


# Periods to compare with


def _earlier(question: Question) -> tuple[Span | None, Span | None]:
    """The days of the periods in `Around`; None where the days asked for leave no such period."""
    length = question.to - question.from_
    if question.to >= LAST or not length:
        return None, None
    from_, to = _year_before(question.from_), _year_before(question.to)
    previous = (question.from_ - length, question.from_) if question.from_ - FIRST >= length else None
    return previous, (from_, to) if from_ and to else None


def _before(placed: PlacedOrders, span: Span | None, question: Question, today: date) -> Before:
    if span is None:
        return Before({}, "the days asked for leave no such period")
    gross = {group: from_minor_units(sum, group[1]) for group, sum in placed.gross(span).items()}
    return Before(gross, caution="the period has not ended yet" if question.to > today else "")


def _year_before(day: date) -> date | None:
    """The same day one year before; for 29 February the 28th. None before the first day of the calendar."""
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day) if day.year > FIRST.year else None


# Averages


def _averages(placed: PlacedOrders, currencies: Iterable[str]) -> dict[Group, Figure]:
    """The average order of each group, compared with the other channels of its currency."""
    worth = placed.worth()
    found = {}
    for currency in currencies:
        of = {group: values for group, values in worth.items() if group[1] == currency}
        for (group, values), test in zip(of.items(), comparisons.means(list(of.values())), strict=True):
            found[group] = _average(values, currency, test, alone=len(of) == 1)
    return found


def _average(values: Whole, currency: str, test: Test | None, *, alone: bool) -> Figure:
    unit = 10 ** minor_digits(currency)
    figure = average_order(from_minor_units(sum(values.tolist()), currency), len(values), currency)
    more: dict[str, Any] = {"n": len(values)}
    if bounds := bootstrap.of_mean(values / unit):
        more["interval"] = between(*bounds)
    if test is not None:
        more["test"] = test
    elif not alone:
        more["caution"] = "too few orders for a test, or too skewed ones"
    if len(values) < FEWEST_ORDERS:
        more["caution"] = f"fewer than {FEWEST_ORDERS} orders: the interval may be too narrow"
    return replace(figure, **more)


# Rates


def _rates(visits: Mapping[str, int], orders: Mapping[str, int]) -> dict[str, dict[str, Figure]]:
    """The conversion rate of each channel, compared with the others, and beside it the one that is drawn to all of them."""
    # A rate above 1 is no share of the visits: it has no interval, no test, and says nothing about the others.
    shares = [channel for channel, several in visits.items() if several and orders.get(channel, 0) <= several]
    pairs = [orders.get(channel, 0) for channel in shares], [visits[channel] for channel in shares]
    tests = dict(zip(shares, comparisons.rates(*pairs), strict=True))
    drawn = dict(zip(shares, shrinkage.shrunk(*pairs) or (), strict=False))
    return {
        channel: {
            "conversion_rate": _rate(orders.get(channel, 0), visits.get(channel), tests.get(channel)),
            "conversion_rate_shrunk": _shrunk(drawn.get(channel), len(shares)),
        }
        for channel in orders.keys() | visits.keys()
    }


def _rate(orders: int, visits: int | None, test: Test | None) -> Figure:
    definition = "orders of all currencies / visits"
    reason = "no visits were recorded" if visits is None else "there were no visits"
    more: dict[str, Any] = {} if test is None else {"test": test}
    return replace(proportion(orders, visits, "1", definition, reason), caution=VISITS if visits else UNSET, **more)


def _shrunk(rate: Shrunk | None, channels: int) -> Figure:
    definition = "the conversion rate, drawn to that of all channels: the less, the more visits the channel has"
    if rate is None:
        return without_value("1", definition, "there are too few channels with such a rate, or it is not a share of visits")
    interval = between(rate.low, rate.high, shrinkage.METHOD)
    return estimated(rate.rate, "1", definition, interval=interval, method=shrinkage.METHOD, n=channels)
