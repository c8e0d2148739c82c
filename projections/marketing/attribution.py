"""attribution: which channels or campaigns the orders are credited to, by the model asked for.

The paths are those of `journeys`, the models those of `statistics.attribution`. Credits are exact: they add up to the orders
with a path, in parts of a thousand-millionth, or to what these orders are worth, in minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import Connection, select

from domain.marketing.touchpoint import Kind
from domain.shared.money import from_minor_units
from projections.customers.customer_leads import READ as LEADS
from projections.marketing import journeys
from projections.marketing.campaigns import campaign_rows
from projections.marketing.journeys import NO_ORDER, Journeys, Orders, Touches
from projections.sales.channel_sales import sales
from projections.shared import exact
from projections.shared.day_vectors import inside
from projections.shared.figures import Figure, Measured, counted, estimated, summed
from projections.shared.id_vectors import NOT_FOUND, Places
from projections.shared.ratios import proportion, ratio
from projections.shared.reports import Days, TooManyGroups, limited
from projections.shared.statistics.apportionment import apportioned
from projections.shared.statistics.attribution import (
    Model,
    Paths,
    credited,
    first_of_channel,
    removal_effects,
)
from projections.shared.vectors import by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

READ = ("touchpoints", "orders", "channel_sales", "campaigns", *LEADS)
MEASURES = ("credit", "share", "touchpoints", "conversions_touched")
REMOVAL = "removal_effect"
"""The measure that only Markov's model has."""
TOTALS = ("conversions", "with_path", "without_path", "paths_without_conversion", "conversion_probability", "credit")
LARGEST_CHAIN = 1_000
"""So many channels or campaigns a Markov chain has at most: its inverse has the square of them."""
PART = 9
"""The decimals of a credit of conversions."""

CREDIT = (
    "conversions, or their value, that the model credits to the touchpoints of this group; it does not say what they caused"
)


class Question(Days, frozen=True, kw_only=True):
    """Orders placed from `from_` to before `to` in `zone`, and paths without an order whose last touchpoint is on these days.

    Only touchpoints on `channel` and of `kind` count; without any, all do. With a `currency`, only orders in it count. What a
    conversion is worth is 1, or its gross in `currency`.
    """

    model: Model = "linear"
    by: Literal["channel", "campaign"] = "channel"
    window_days: int = 30
    half_life_days: float = 7.0
    value: Literal["conversions", "revenue"] = "conversions"
    currency: str | None = None
    channel: tuple[str, ...] = ()
    kind: tuple[Kind, ...] = ()

    @property
    def unit(self) -> str:
        return self.currency if self.value == "revenue" and self.currency else "conversions"


class _Worth(NamedTuple):
    """What each order is worth, in minor units of the credit, and which of the orders count."""

    units: Whole
    counts: NDArray[np.bool_]


def report(connection: Connection, question: Question, now: datetime) -> tuple[Measured, list[Measured]]:
    """The total, and each channel or campaign with a touchpoint in a path. Paths end until `now`. Raises TooManyGroups."""
    touched = journeys.touches(connection, question.by, question.channel, question.kind)
    placed = journeys.orders(connection)
    worth = _worth(connection, placed, question)
    found = _asked(journeys.journeys(connection, touched, placed, question.window_days, now), worth, question)
    paths, total = _paths(found, worth), _sum(worth.units[found.orders[found.orders != NO_ORDER]])
    effects = _effects(paths, len(touched.names), question)
    parts = credited(paths, len(touched.names), question.model, question.half_life_days) if effects is None else effects
    names = _names(connection, touched, question)
    groups = _groups(paths, names, _units(parts.tolist(), total, names), effects, question)
    limited(len(groups))
    return _total(worth, paths, total, question), groups


def _worth(connection: Connection, placed: Orders, question: Question) -> _Worth:
    import numpy as np

    counts = inside(placed.at, placed.own, question.from_, question.to, question.zone)
    gross = np.zeros(len(placed.ids), np.int64)
    if question.currency is not None:
        known, places = np.zeros(len(counts), np.bool_), Places(placed.ids)
        where = (sales.c.currency == question.currency,)
        columns = {"ids": sales.c.order_id, "gross": sales.c.gross}
        for read in portions(connection, columns, where, by_place(connection, sales, where)):
            at = places.of(read["ids"])
            theirs = at != NOT_FOUND
            known[at[theirs]] = True
            np.add.at(gross, at[theirs], read["gross"][theirs])
        counts = counts & known
    units = gross if question.value == "revenue" else np.full(len(gross), 10**PART)
    return _Worth(units, counts)


def _asked(found: Journeys, worth: _Worth, question: Question) -> Journeys:
    """The paths that ended with an order that counts, or on the days asked for without an order."""
    import numpy as np

    without = found.orders == NO_ORDER
    ended = inside(found.ended_at, found.ended_on, question.from_, question.to, question.zone)
    counts = np.append(worth.counts, False)[found.orders]
    return journeys.some(found, np.where(without, ended, counts))


def _paths(found: Journeys, worth: _Worth) -> Paths:
    import numpy as np

    with_order = found.orders != NO_ORDER
    values = np.where(with_order, np.append(worth.units, 0)[found.orders], 0)
    ended = with_order.astype(np.float64)
    return Paths(found.paths, found.groups, found.ages, values.astype(np.float64), ended, 1 - ended)


def _effects(paths: Paths, groups: int, question: Question) -> NDArray[np.float64] | None:
    """The removal effects if the model is Markov's."""
    import numpy as np

    if question.model != "markov":
        return None
    if (states := len(np.unique(paths.channels))) > LARGEST_CHAIN:
        chain = f"A Markov chain of {states} {question.by} values is too large; the limit is {LARGEST_CHAIN}."
        raise TooManyGroups(f"{chain} Name fewer with `channel`, or ask for another model.")
    return removal_effects(paths, groups)


def _names(connection: Connection, touched: Touches, question: Question) -> list[dict[str, str | None]]:
    """The group of each channel or campaign."""
    if question.by == "channel":
        return [{"channel": str(name)} for name in touched.names]
    known = {row.campaign_id: row.name for row in connection.execute(select(campaign_rows.c.campaign_id, campaign_rows.c.name))}
    return [{"campaign_id": str(id) if id else None, "campaign": known.get(id)} for id in touched.names]


def _units(parts: Sequence[float], total: int, names: Sequence[dict[str, str | None]]) -> list[int]:
    """The credits, which add up to the total. Of equal remainders, the first name is rounded up: not what is stored first."""
    order = sorted(range(len(parts)), key=lambda number: str(names[number]))
    units = dict(zip(order, apportioned([parts[number] for number in order], total), strict=True))
    return [units[number] for number in range(len(parts))]


# Figures


def _groups(
    paths: Paths,
    names: Sequence[dict[str, str | None]],
    units: Sequence[int],
    effects: NDArray[np.float64] | None,
    question: Question,
) -> list[Measured]:
    import numpy as np

    touchpoints = np.bincount(paths.channels, minlength=len(names)).tolist()
    firsts = first_of_channel(paths) & (paths.conversions[paths.paths] > 0)
    touching = np.bincount(paths.channels[firsts], minlength=len(names)).tolist()
    total = _amount(sum(units), question)

    def measured(number: int) -> Measured:
        credit = _amount(units[number], question)
        figures = {
            "credit": summed(credit, question.unit, CREDIT),
            "share": ratio(credit, total, "1", "credit / credit of all groups", "there is nothing to divide"),
            "touchpoints": counted(touchpoints[number], "touchpoints", "touchpoints in paths that ended in the period"),
            "conversions_touched": counted(touching[number], "conversions", "conversions with one of these in their path"),
        }
        removal = {} if effects is None else {REMOVAL: _removal(float(effects[number]), paths)}
        return Measured(group=names[number], measures=figures | removal)

    order = sorted(np.flatnonzero(touchpoints).tolist(), key=lambda number: (-units[number], str(names[number])))
    return [measured(number) for number in order]


def _removal(effect: float, paths: Paths) -> Figure:
    definition = "share of the chain's conversions that is lost if every visit to the group ends without one"
    some = bool(paths.conversions.any())
    return estimated(
        effect if some else None,
        "1",
        definition,
        reason="no path ended with a conversion",
        n=len(paths.values),
        method="Markov chain of order 1, solved exactly (Anderl et al. 2016)",
    )


def _total(worth: _Worth, paths: Paths, total: int, question: Question) -> Measured:
    with_path, ended = int(paths.conversions.sum()), len(paths.values)
    conversions = int(worth.counts.sum())
    return Measured(
        group={},
        measures={
            "conversions": counted(conversions, "conversions", "orders that customers placed in the period"),
            "with_path": counted(with_path, "conversions", "conversions with a touchpoint in the window before them"),
            "without_path": counted(conversions - with_path, "conversions", "conversions without one; nobody is credited"),
            "paths_without_conversion": counted(ended - with_path, "paths", "paths whose window closed without an order"),
            "conversion_probability": proportion(
                with_path, ended, "1", "paths that ended with a conversion / paths that ended", "no path ended"
            ),
            "credit": summed(_amount(total, question), question.unit, "the sum of all credits"),
        },
    )


def _amount(units: int, question: Question) -> Decimal:
    if question.value == "revenue" and question.currency:
        return from_minor_units(units, question.currency)
    return (Decimal(units).scaleb(-PART)).normalize()


def _sum(units: Whole) -> int:
    import numpy as np

    return exact.sums(units, np.zeros(len(units), np.int64), 1).of(0)
