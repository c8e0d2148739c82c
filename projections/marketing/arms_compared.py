"""Arms of a campaign compared with one control: figures that say how sure they are, and verdicts where the data support one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from projections.shared.figures import Figure, Interval, between, estimated, without_value
from projections.shared.statistics.comparisons import FEWEST_EVENTS, shown
from projections.shared.statistics.means import Moments, skewness, too_skewed, welch
from projections.shared.statistics.multiple import holm
from projections.shared.statistics.proportions import Share, Tested, log_ratio, newcombe, pooled_z
from projections.shared.statistics.sequential import DIFFERENCE, always_valid

ENOUGH = FEWEST_EVENTS
"""An arm with fewer events supports no verdict."""
SIGNIFICANCE = 0.05
THE_CONTROL = "the control is not compared with itself"
POOLED_Z, WELCH = "two-proportion z, pooled variance", "Welch"
ALWAYS_VALID = f"normal-mixture mSPRT, pooled variance, tau = {DIFFERENCE}"


class Verdict(msgspec.Struct, frozen=True):
    """`verdict` is None if the data support none; then there is a `reason`."""

    verdict: str | None
    reason: str | None = None


Concluded = tuple[Figure, Verdict]


class Compared(NamedTuple):
    """One arm compared with the control. `caution` says why that supports no verdict, and `reason` why there is no value."""

    value: float | None
    n: int
    interval: Interval | None = None
    tested: Tested | None = None
    caution: str = ""
    reason: str = ""
    more: Mapping[str, Any] = {}


def rates(arm: Share, control: Share) -> Compared:
    """The difference of two conversion rates."""
    n = arm.n + control.n
    if not arm.n or not control.n:
        return Compared(None, n, reason="an arm has no members")
    caution = not_enough(arm.events, control.events)
    sequence = None if caution else always_valid(arm, control)
    more = {"always_valid": between(*sequence, ALWAYS_VALID)} if sequence else {}
    interval = between(*newcombe(arm, control), "Newcombe")
    return Compared(float(arm.rate - control.rate), n, interval, pooled_z(arm, control), caution, more=more)


def means(arm: Moments | None, control: Moments | None, events: tuple[int, int]) -> Compared:
    """The difference of two means; `events` are the members of both arms with a value that is not 0."""
    if arm is None or control is None:
        return Compared(None, 0, reason="an arm has fewer than two members")
    n, compared = arm.n + control.n, welch(arm, control)
    if compared is None:
        return Compared(arm.mean - control.mean, n, caution="Not enough data: the values do not vary")
    skewed = f"Not enough data: the difference has skewness {skewness(arm, control):.2f}" if too_skewed(arm, control) else ""
    interval = between(compared.low, compared.high, WELCH)
    tested = Tested(compared.statistic, compared.p_value)
    return Compared(compared.difference, n, interval, tested, not_enough(*events) or skewed)


def ratio_of_rates(arm: Share, control: Share, minus: int, definition: str, mismatch: str) -> Figure:
    """The risk ratio of an arm, or with `minus` 1 the relative lift."""
    if not control.events:
        return without_value("1", definition, "the control has no conversions")
    if not arm.n:
        return without_value("1", definition, "the arm has no members")
    bounds = log_ratio(arm, control)
    more: dict[str, Any] = {"n": arm.n + control.n}
    if bounds:
        more["interval"] = between(bounds[0] - minus, bounds[1] - minus, "log risk ratio")
    if caution := mismatch or not_enough(arm.events, control.events):
        more["caution"] = caution
    return estimated(arm.rate / control.rate - minus, "1", definition, **more)


def not_enough(*events: int) -> str:
    return f"Not enough data: an arm has fewer than {ENOUGH} events" if min(events) < ENOUGH else ""


def concluded(compared: Sequence[Compared], unit: str, definition: str, method: str, mismatch: str = "") -> list[Concluded]:
    """The figure and the verdict of each arm. p-values are corrected if there are several; a mismatch allows no verdict."""
    p_values = [one.tested.p_value for one in compared if one.tested]
    adjusted = iter(holm(p_values))
    several = len(p_values) > 1
    found = []
    for one in compared:
        p = next(adjusted) if one.tested else None
        caution = mismatch or one.caution
        more = dict(one.more) | {"n": one.n}
        if one.interval:
            more["interval"] = one.interval
        if one.tested:
            more["test"] = shown(one.tested, method, p if several else None, "Holm")
        if caution:
            more["caution"] = caution
        figure = estimated(one.value, unit, definition, reason=one.reason, **more)
        found.append((figure, _verdict(one, p, caution)))
    return found


def _verdict(one: Compared, p: float | None, caution: str) -> Verdict:
    if one.value is None or caution:
        return Verdict(None, one.reason or caution)
    if p is None or p >= SIGNIFICANCE:
        return Verdict("no difference shown")
    return Verdict("better" if one.value > 0 else "worse")
