"""lead-funnel: outcomes of leads and of the deals that followed, in groups: counts, rates, times and money.

It covers the leads captured and the deals opened on the days asked for, with their outcomes up to now, even if these
came later. A deal has the channel, origin and campaign of its lead, but its own owner, pipeline and stage. A lead has no
pipeline. Sums never mix currencies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Select, null, select

from domain.shared.money import from_minor_units, rounded
from projections.sales.deals import deal_rows
from projections.sales.leads import lead_rows
from projections.sales.pipelines import probabilities
from projections.shared.figures import Figure
from projections.shared.grouped import spreads
from projections.shared.occurred import day_of, within
from projections.shared.ratios import proportion, ratio
from projections.shared.reports import PERIODS, Columns, Days, Key, first_day, limited, matching, place, quantile
from projections.shared.rows import Row

Group = Literal["day", "week", "month", "channel", "origin", "owner", "pipeline", "stage"]

FILTERS = ("channel", "origin", "campaign_id")
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000


class Money(msgspec.Struct, kw_only=True):
    """Amounts of deals in one currency.

    `weighted_value` is amount × probability, summed over the open deals whose stage has a probability now;
    `unweighted_value` is the sum of the other open deals.
    """

    won_value: Decimal = Decimal(0)
    open_value: Decimal = Decimal(0)
    weighted_value: Decimal = Decimal(0)
    unweighted_value: Decimal = Decimal(0)


class Duration(msgspec.Struct, frozen=True, kw_only=True):
    """How long `count` leads took. Quantiles are interpolated between two values, as SQL's percentile_cont does."""

    count: int
    unit: str
    mean: Figure
    p50: Decimal | None
    p90: Decimal | None


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """A group of leads and deals; `group` holds the value of each grouping, or None if a lead or deal has no value.

    `converted_before_captured` counts converted leads that have no time to convert, because the conversion came before the
    capture. `deals_without_amount` counts deals that are in none of the values in `money`.
    """

    group: dict[str, str | date | None]
    captured: int
    qualified: int
    converted: int
    lost: int
    conversion_rate: Figure
    time_to_convert: Duration
    converted_before_captured: int
    deals_opened: int
    deals_won: int
    deals_lost: int
    deals_without_amount: int
    win_rate: Figure
    money: dict[str, Money]


class Question(Days, frozen=True, kw_only=True):
    """Days from `from_` to before `to` in `zone`. None means any value."""

    by: tuple[Group, ...] = ()
    channel: str | None = None
    origin: str | None = None
    owner: str | None = None
    campaign_id: UUID | None = None


def report(connection: Connection, question: Question) -> tuple[Funnel, list[Funnel]]:
    """The total of all leads and deals, and the groups in the order of their values. Raises TooManyGroups."""
    leads, deals = _leads(connection, question), _deals(connection, question)
    likely = probabilities(connection)
    [total] = _funnels((), [((), row) for row in leads], [((), row) for row in deals], likely)
    if not question.by:
        return total, []
    captured = [(_key(question, row, "captured"), row) for row in leads]
    opened = [(_key(question, row, "opened"), row) for row in deals]
    limited(len({key for key, _ in (*captured, *opened)}))
    groups = _funnels(question.by, captured, opened, likely)
    return total, sorted(groups, key=lambda funnel: place(funnel.group.values()))


# How rows are read


def _leads(connection: Connection, question: Question) -> Sequence[Any]:
    row = lead_rows.c
    columns = (row.channel, row.origin, row.owner, null().label("pipeline"), row.stage, row.status)
    times = (row.captured_at, row.captured_on, row.qualified_at, row.converted_at)
    query = select(*columns, *times).where(within(row.captured_at, row.captured_on, question.from_, question.to, question.zone))
    return connection.execute(_filtered(query, question, row)).all()


def _deals(connection: Connection, question: Question) -> Sequence[Any]:
    row, lead = deal_rows.c, lead_rows.c
    columns = (lead.channel, lead.origin, row.owner, row.pipeline, row.stage, row.status, row.amount, row.currency)
    query = (
        select(*columns, row.opened_at, row.opened_on)
        .select_from(deal_rows.outerjoin(lead_rows, lead.lead_id == row.lead_id))
        .where(within(row.opened_at, row.opened_on, question.from_, question.to, question.zone))
    )
    return connection.execute(_filtered(query, question, row)).all()


def _filtered(query: Select[Any], question: Question, owned: Columns) -> Select[Any]:
    return query.where(*matching(lead_rows.c, question, FILTERS), *matching(owned, question, ("owner",)))


def _key(question: Question, row: Any, began: str) -> Key:
    at, own = getattr(row, f"{began}_at"), getattr(row, f"{began}_on")
    return tuple(
        first_day(day_of(at, own, question.zone), name) if name in PERIODS else getattr(row, name) for name in question.by
    )


# How they are counted


def _funnels(
    by: Sequence[Group],
    leads: Sequence[tuple[Key, Any]],
    deals: Sequence[tuple[Key, Any]],
    likely: Mapping[tuple[str, str], Decimal],
) -> list[Funnel]:
    """One funnel for each key; without groupings, one for the empty key."""
    keys = dict.fromkeys((*(() if by else ((),)), *(key for key, _ in leads), *(key for key, _ in deals)))
    captured, opened = _by_key(keys, leads), _by_key(keys, deals)
    durations = _durations([captured[key] for key in keys])
    return [
        _funnel(dict(zip(by, key, strict=True)), captured[key], duration, opened[key], likely)
        for key, duration in zip(keys, durations, strict=True)
    ]


def _by_key(keys: Iterable[Key], rows: Iterable[tuple[Key, Any]]) -> dict[Key, list[Any]]:
    found: dict[Key, list[Any]] = {key: [] for key in keys}
    for key, row in rows:
        found[key].append(row)
    return found


def _funnel(
    group: Row, leads: Sequence[Any], duration: Duration, deals: Sequence[Any], likely: Mapping[tuple[str, str], Decimal]
) -> Funnel:
    ended, closed = Counter(lead.status for lead in leads), Counter(deal.status for deal in deals)
    converted, won, lost = ended["converted"], closed["won"], closed["lost"]
    return Funnel(
        group=group,
        captured=len(leads),
        qualified=sum(lead.qualified_at is not None for lead in leads),
        converted=converted,
        lost=ended["lost"],
        conversion_rate=proportion(converted, len(leads), "share", "converted / captured", "no lead was captured"),
        time_to_convert=duration,
        converted_before_captured=converted - duration.count,
        deals_opened=len(deals),
        deals_won=won,
        deals_lost=lost,
        deals_without_amount=sum(deal.amount is None for deal in deals),
        win_rate=proportion(won, won + lost, "share", "deals_won / (deals_won + deals_lost)", "no deal was won or lost"),
        money=_money(deals, likely),
    )


def _durations(groups: Sequence[Sequence[Any]]) -> list[Duration]:
    import numpy as np

    timed = [
        (number, _between(lead.captured_at, lead.converted_at))
        for number, leads in enumerate(groups)
        for lead in leads
        if lead.status == "converted" and lead.converted_at >= lead.captured_at
    ]
    numbers, values = (np.array([one[place] for one in timed], dtype=np.int64) for place in (0, 1))
    return [
        Duration(
            count=spread.values,
            unit="seconds",
            mean=ratio(Decimal(spread.sum) / SECOND, spread.values, "seconds", "sum / leads with a time", "no lead has a time"),
            p50=quantile(spread, "p50", SECOND),
            p90=quantile(spread, "p90", SECOND),
        )
        for spread in spreads(values, numbers, len(groups))
    ]


def _between(begun: datetime, ended: datetime) -> int:
    return (ended - begun) // MICROSECOND


def _money(deals: Iterable[Any], likely: Mapping[tuple[str, str], Decimal]) -> dict[str, Money]:
    found: dict[str, Money] = {}
    for deal in deals:
        if deal.amount is None:
            continue
        sums, amount = found.setdefault(deal.currency, Money()), from_minor_units(deal.amount, deal.currency)
        if deal.status == "won":
            sums.won_value += amount
        elif deal.status == "open":
            sums.open_value += amount
            probability = likely.get((deal.pipeline, deal.stage))
            if probability is None:
                sums.unweighted_value += amount
            else:
                sums.weighted_value += amount * probability
    for currency, sums in found.items():
        for name in sums.__struct_fields__:
            setattr(sums, name, rounded(getattr(sums, name), currency))
    return dict(sorted(found.items()))
