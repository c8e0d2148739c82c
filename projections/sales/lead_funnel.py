"""lead-funnel: outcomes of leads and of the deals that followed, in groups: counts, rates, times and money.

It covers the leads captured and the deals opened on the days asked for, with their outcomes up to now, even if these
came later. A deal has the channel, origin and campaign of its lead, but its own owner, pipeline and stage. A lead has no
pipeline. Sums never mix currencies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Select, null, select

from domain.shared.money import from_minor_units, rounded
from projections.sales.deals import deal_rows
from projections.sales.leads import lead_rows
from projections.sales.pipelines import probabilities
from projections.shared.distributions import Described, distributed
from projections.shared.figures import Figure, Measured, counted, summed
from projections.shared.grouped import Spread, spreads
from projections.shared.occurred import day_of, within
from projections.shared.ratios import proportion
from projections.shared.reports import PERIODS, Columns, Days, Key, first_day, limited, matching, place
from projections.shared.rows import Row

Group = Literal["day", "week", "month", "channel", "origin", "owner", "pipeline", "stage"]

FILTERS = ("channel", "origin", "campaign_id")
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000

Likely = Mapping[tuple[str, str], Decimal]
"""The probability of a stage by its pipeline and its code."""


COUNTED = {
    "captured": ("leads", "leads captured"),
    "qualified": ("leads", "leads captured that were qualified at any time"),
    "converted": ("leads", "leads captured that are converted now"),
    "lost": ("leads", "leads captured that are lost now"),
    "converted_before_captured": (
        "leads",
        "converted leads without a time to convert: they converted before the capture",
    ),
    "deals_opened": ("deals", "deals opened"),
    "deals_won": ("deals", "deals opened that are won now"),
    "deals_lost": ("deals", "deals opened that are lost now"),
    "deals_without_amount": ("deals", "deals opened without an amount, which are in no value"),
}
"""The unit and the definition of each count."""
RATES = ("conversion_rate", "win_rate")
TIME_TO_CONVERT = "time_to_convert"
TAKEN = Described(
    TIME_TO_CONVERT,
    SECOND,
    "seconds",
    "from the capture to the conversion",
    "leads with such a time",
    "no lead has such a time",
)
MONEY = {
    "won_value": "amounts of deals won",
    "open_value": "amounts of deals that are open",
    "weighted_value": "amount × probability of the open deals whose stage has a probability now",
    "unweighted_value": "amounts of the other open deals",
}
"""Amounts of deals. The measures are by currency: `won_value:EUR`."""


class Funnel(Measured, frozen=True, kw_only=True):
    """A group of leads and deals: COUNTED, RATES, the statistics of the time to convert, and MONEY in each currency."""


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
    likely: Likely,
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


def _funnel(group: Row, leads: Sequence[Any], taken: Spread, deals: Sequence[Any], likely: Likely) -> Funnel:
    ended, closed = Counter(lead.status for lead in leads), Counter(deal.status for deal in deals)
    converted, won, lost = ended["converted"], closed["won"], closed["lost"]
    counts = {
        "captured": len(leads),
        "qualified": sum(lead.qualified_at is not None for lead in leads),
        "converted": converted,
        "lost": ended["lost"],
        "converted_before_captured": converted - taken.values,
        "deals_opened": len(deals),
        "deals_won": won,
        "deals_lost": lost,
        "deals_without_amount": sum(deal.amount is None for deal in deals),
    }
    rates = (
        proportion(converted, len(leads), "share", "converted / captured", "no lead was captured"),
        proportion(won, won + lost, "share", "deals_won / (deals_won + deals_lost)", "no deal was won or lost"),
    )
    figures = {name: counted(count, *COUNTED[name]) for name, count in counts.items()}
    figures |= dict(zip(RATES, rates, strict=True))
    return Funnel(group=group, measures=figures | distributed(TAKEN, taken) | _money(deals, likely))


def _durations(groups: Sequence[Sequence[Any]]) -> list[Spread]:
    """The times to convert, in microseconds."""
    import numpy as np

    timed = [
        (number, _between(lead.captured_at, lead.converted_at))
        for number, leads in enumerate(groups)
        for lead in leads
        if lead.status == "converted" and lead.converted_at >= lead.captured_at
    ]
    numbers, values = (np.array([one[place] for one in timed], dtype=np.int64) for place in (0, 1))
    return spreads(values, numbers, len(groups), bounded=True)


def _between(begun: datetime, ended: datetime) -> int:
    return (ended - begun) // MICROSECOND


def _money(deals: Iterable[Any], likely: Likely) -> dict[str, Figure]:
    found: dict[str, dict[str, Decimal]] = {}
    for deal in deals:
        if deal.amount is None:
            continue
        sums = found.setdefault(deal.currency, dict.fromkeys(MONEY, Decimal(0)))
        amount = from_minor_units(deal.amount, deal.currency)
        if deal.status == "won":
            sums["won_value"] += amount
        elif deal.status == "open":
            sums["open_value"] += amount
            probability = likely.get((deal.pipeline, deal.stage))
            if probability is None:
                sums["unweighted_value"] += amount
            else:
                sums["weighted_value"] += amount * probability
    return {
        f"{name}:{currency}": summed(rounded(amount, currency), currency, MONEY[name])
        for currency, sums in sorted(found.items())
        for name, amount in sums.items()
    }
