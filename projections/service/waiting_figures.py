"""What is read from a curve of waiting times: figures of a group, points to draw, and the comparison of groups."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from projections.service.ticket_measures import MEASURES, SECOND
from projections.shared.figures import (
    LEVEL,
    Figure,
    Interval,
    Test,
    as_decimal,
    counted,
    estimated,
    plain,
    without_value,
)
from projections.shared.statistics.log_rank import LogRank
from projections.shared.statistics.survival import Bounded, Curve

POINTS = 200
"""A curve is drawn from at most so many points. None that is left out moves it by more than a 198th of its height."""
KAPLAN_MEIER = "Kaplan-Meier"
BROOKMEYER_CROWLEY = "Brookmeyer-Crowley, log-log"
GREENWOOD = "normal, Greenwood"
QUANTILES = {"median": (0.5, "half"), "p90": (0.9, "90 %")}
FEW = 10
TOO_FEW = f"fewer than {FEW} waits lasted so long: the interval may be too narrow"
NOTHING, NO_END = "there is no such ticket", "no such wait has ended yet"
COUNTS = {
    "events": "waits that have ended",
    "censored": "waits that had not ended when they were last seen: at the time of the answer's position, or at the end of the"
    " ticket if it ended without a response",
    "irregular": "tickets whose wait ended before they were opened; they are in no estimate",
    "without_calendar": "tickets without a service calendar, if the clock is business; they are in no estimate",
}
LOG_RANK = "chi-square of the hypothesis that no group waits longer than another, over all times at which a wait ended"
MEASURED = ("tickets", *COUNTS, *QUANTILES, "restricted_mean", "restricted_to")
"""The names of the figures of a group."""


class Point(msgspec.Struct, frozen=True):
    """A step of a curve: the share that waits longer than `seconds`, its log-log band at 95 %, and how many waited so long."""

    seconds: Decimal
    share: Decimal
    low: Decimal
    high: Decimal
    at_risk: int


def figures(measure: str, clock: str, curve: Curve | None, tau: int | None, counts: Mapping[str, int]) -> dict[str, Figure]:
    """The figures of a group; `counts` has how many of each of `COUNTS` there are, and `tau` is in seconds."""
    definition = f"{MEASURES[measure].definition}, in {clock} time"
    return {
        "tickets": counted(sum(counts.values()), "tickets", "tickets opened on these days, without discarded ones"),
        **{name: counted(counts[name], "tickets", meaning) for name, meaning in COUNTS.items()},
        **{name: _quantile(definition, curve, *of) for name, of in QUANTILES.items()},
        **_restricted(definition, curve, tau),
    }


def _quantile(definition: str, curve: Curve | None, part: float, named: str) -> Figure:
    definition = f"{definition}: the first time by which {named} of the waits have ended"
    if curve is None:
        return without_value("seconds", definition, NOTHING)
    found = curve.quantile(part)
    reason = f"less than {named} have ended" if len(curve.times) else NO_END
    value, low, high = (_seconds(one) for one in found)
    more: dict[str, Any] = {"n": curve.observed, "method": KAPLAN_MEIER}
    if low is not None:
        more["interval"] = Interval(low, high, LEVEL, BROOKMEYER_CROWLEY)
    if found.value is not None and curve.lasting(found.value) < FEW:
        more["caution"] = TOO_FEW
    return Figure(value, UNSET, UNSET, "seconds", definition, reason if value is None else None, **more)


def _restricted(definition: str, curve: Curve | None, tau: int | None) -> dict[str, Figure]:
    definition = f"{definition}: the mean if every wait ended after restricted_to at the latest; the area under the curve"
    meaning = "tau, or the longest wait that was observed in this group: compare groups only with the same one"
    if curve is None:
        return {
            "restricted_mean": without_value("seconds", definition, NOTHING),
            "restricted_to": without_value("seconds", meaning, NOTHING),
        }
    until = curve.longest if tau is None else tau * SECOND
    found = curve.restricted_mean(until) if len(curve.times) else Bounded(None, None, None)
    reason = "nothing is known about waits as long as tau" if len(curve.times) else NO_END
    mean, low, high = (as_decimal(_seconds(one)) for one in found)
    more: dict[str, Any] = {"n": curve.observed, "method": KAPLAN_MEIER}
    if mean is not None:
        more["interval"] = Interval(low, high, LEVEL, GREENWOOD)
    return {
        "restricted_mean": estimated(mean, "seconds", definition, reason=reason, **more),
        "restricted_to": Figure(_seconds(until), UNSET, UNSET, "seconds", meaning),
    }


def drawn(curve: Curve) -> list[Point]:
    """The points from which the curve is drawn: it begins at a share of 1, falls at each point, and is level in between."""
    places = curve.drawn(POINTS)
    columns = (curve.times, curve.share, curve.low, curve.high, curve.at_risk)
    return [
        Point(plain(Decimal(at) / SECOND), _share(share), _share(low), _share(high), at_risk)
        for at, share, low, high, at_risk in zip(*(column[places].tolist() for column in columns), strict=True)
    ]


def compared(test: LogRank | None, waits: int, reason: str) -> Figure:
    """The test whether groups differ, over so many waits; or why there is none."""
    if test is None:
        return without_value("1", LOG_RANK, reason)
    statistic = as_decimal(test.statistic)
    freedom = f"{test.freedom} degree{'s' if test.freedom > 1 else ''} of freedom"
    tested = Test(method=f"log-rank, {freedom}", statistic=statistic, p_value=as_decimal(test.p_value))
    return Figure(statistic, UNSET, UNSET, "1", LOG_RANK, n=waits, method="log-rank", test=tested)


def _seconds(microseconds: float | None) -> Decimal | None:
    return None if microseconds is None else plain(Decimal(microseconds) / SECOND)


def _share(share: float) -> Decimal:
    return as_decimal(share) or Decimal(0)
