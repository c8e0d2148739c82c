"""sales_trend: how gross sales move from week to week.

Whole weeks only (ISO 8601, from Monday): from the first one that begins on or after both the first day asked for and the first
sale in a currency, to the last one that has ended. A week without sales is zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection

from domain.shared.money import zero
from projections.sales.channel_sales import Question as Sold
from projections.sales.channel_sales import totals as sold
from projections.sales.sales_figures import Sales
from projections.shared.figures import Figure, Measured, between, counted, estimated, summed, without_value
from projections.shared.ratios import ratio
from projections.shared.reports import Days, first_day, limited
from projections.shared.statistics import trends
from projections.shared.statistics.trends import theil_sen

READ = ("channel_sales",)
MEASURES = ("weeks", "last_week", "change", "change_from_year_before", "mean", "trend", "trend_of_orders")
WEEK = timedelta(weeks=1)
YEAR = timedelta(weeks=52)

Series = Mapping[date, Sales]


class Question(Days, frozen=True, kw_only=True):
    """Sales on days from `from_` to before `to` in `zone`; None means any channel or any currency."""

    by: tuple[Literal["channel"], ...] = ()
    channel: str | None = None
    currency: str | None = None


def report(connection: Connection, question: Question, today: date) -> list[Measured]:
    """The weeks of each currency, and of each of its channels if they are asked for. Raises TooManyGroups."""
    asked = Sold(
        from_=question.from_,
        to=question.to,
        zone=question.zone,
        by=("week", *question.by),
        channel=question.channel,
        currency=question.currency,
    )
    series: dict[tuple[str, str | None], dict[date, Sales]] = {}
    first: dict[str, date] = {}
    for one in sold(connection, asked):
        assert one.period is not None
        series.setdefault((one.currency, one.channel), {})[one.period] = one
        first[one.currency] = min(first.get(one.currency, one.period), one.period)
    limited(len(series))
    end = first_day(min(question.to, today), "week")
    return [
        _measured(currency, channel, series[currency, channel], _weeks(max(first[currency], question.from_), end), question)
        for currency, channel in sorted(series, key=lambda key: (key[0], key[1] or ""))
    ]


def _weeks(begin: date, end: date) -> list[date]:
    """The Mondays of the whole weeks from the day `begin` to before the Monday `end`."""
    monday = first_day(begin, "week")
    monday += WEEK if monday < begin else timedelta()
    return [monday + number * WEEK for number in range(max(0, (end - monday).days // 7))]


def _measured(currency: str, channel: str | None, of: Series, weeks: Sequence[date], question: Question) -> Measured:
    gross = [of[week].gross if week in of else zero(currency) for week in weeks]
    orders = [of[week].orders if week in of else 0 for week in weeks]
    last = weeks[-1] if weeks else None
    figures = {
        "weeks": counted(len(weeks), "weeks", "whole weeks that have ended, from the first sale in the currency"),
        "last_week": _last(gross, last, currency),
        "change": _change(gross, 1, "the week before"),
        "change_from_year_before": _change(gross, YEAR // WEEK, "the week 52 weeks before"),
        "mean": ratio(sum(gross, Decimal(0)), len(weeks), currency, "gross / weeks", "no week is whole"),
        "trend": _trend([float(one) for one in gross], f"{currency} per week", "gross"),
        "trend_of_orders": _trend([float(one) for one in orders], "orders per week", "orders"),
    }
    named = {"channel": channel} if question.by else {}
    return Measured(group={**named, "currency": currency, "from": weeks[0] if weeks else None, "last": last}, measures=figures)


def _last(gross: Sequence[Decimal], last: date | None, currency: str) -> Figure:
    definition = "gross of the last whole week, which begins on the day `last` of the group"
    return summed(gross[-1], currency, definition) if last else without_value(currency, definition, "no week is whole")


def _change(gross: Sequence[Decimal], weeks: int, name: str) -> Figure:
    definition = f"(gross of the last whole week − gross of {name}) / gross of {name}"
    if len(gross) <= weeks:
        return without_value("1", definition, f"{name} is not among the whole weeks")
    before = gross[-1 - weeks]
    return ratio(gross[-1] - before, before, "1", definition, f"nothing was sold in {name}")


def _trend(values: Sequence[float], unit: str, of: str) -> Figure:
    definition = f"the median of the slopes of {of} between all pairs of weeks"
    found = theil_sen(values)
    if found is None:
        return without_value(unit, definition, f"fewer than {trends.FEWEST} whole weeks", n=len(values))
    interval = between(found.low, found.high, "Theil-Sen, weeks independent apart from the trend")
    return estimated(found.slope, unit, definition, n=len(values), method=trends.METHOD, interval=interval)
