"""The figures of many durations or counts: their mean, exact quantiles with intervals, and the largest."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from projections.shared.figures import LEVEL, Figure, Interval, plain, without_value
from projections.shared.grouped import QUANTILES, Spread
from projections.shared.ratios import ratio
from projections.shared.statistics.quantiles import METHOD

STATISTICS = ("mean", *QUANTILES, "max")
"""The figures of a measure are called `first_response_mean`, `first_response_p50` and so on."""
INTERPOLATED = "interpolated linearly between two values, as SQL's percentile_cont"


class Described(NamedTuple):
    """What is distributed: the name of the measure, how many of the whole numbers make one of the unit, and in words.

    `of` says of what the definition is the value, such as "tickets that are solved". `reason` says why there is no value.
    """

    name: str
    scale: int
    unit: str
    definition: str
    of: str
    reason: str


def names(measures: Iterable[str]) -> list[str]:
    """The names of all figures of these measures."""
    return [f"{measure}_{statistic}" for measure in measures for statistic in STATISTICS]


def distributed(what: Described, spread: Spread) -> dict[str, Figure]:
    """The figures of one group."""
    mean = ratio(Decimal(spread.sum) / what.scale, spread.values, what.unit, f"{what.definition}: sum / {what.of}", what.reason)
    found = {"mean": replace(mean, n=spread.values)}
    found |= {name: _quantile(what, spread, name) for name in QUANTILES}
    found["max"] = _exact(what, f"{what.definition}: the largest", spread.largest, spread.values)
    return {f"{what.name}_{name}": figure for name, figure in found.items()}


def _quantile(what: Described, spread: Spread, name: str) -> Figure:
    definition = f"{what.definition}: {name}, {INTERPOLATED}"
    found = spread.quantiles[name]
    if found is None:
        return without_value(what.unit, definition, what.reason, n=0)
    low, high = (None if bound is None else plain(Decimal(bound) / what.scale) for bound in spread.bounds[name])
    bounds = Interval(low, high, LEVEL, METHOD) if (low, high) != (None, None) else UNSET
    value = plain(Decimal(found[0]) / (found[1] * what.scale))
    return Figure(value, UNSET, UNSET, what.unit, definition, n=spread.values, interval=bounds)


def _exact(what: Described, definition: str, value: int | None, count: int) -> Figure:
    if value is None:
        return without_value(what.unit, definition, what.reason, n=0)
    return Figure(plain(Decimal(value) / what.scale), UNSET, UNSET, what.unit, definition, n=count)
