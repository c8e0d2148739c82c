"""Arms of a campaign compared with one control: figures that say how sure they are, and verdicts where the data support one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from projections.shared.figures import Figure, Interval, between, estimated, without_value
from projections.shared.statistics.comparisons import FEWEST_EVENTS, shown
from projections.shared.statistics.means import Moments, too_skewed, welch
from projections.shared.statistics.multiple import holm
from projections.shared.statistics.proportions import Share, Tested, divided, log_ratio, newcombe, pooled_z
from projections.shared.statistics.sequential import always_valid

ENOUGH = FEWEST_EVENTS
"""An arm with fewer events supports no verdict."""
SIGNIFICANCE = 0.05
CLEAR = 2.5758293035489004
"""The z of a difference with a p-value of 0.01."""
THE_CONTROL = "the control is not compared with itself"
POOLED_Z, WELCH = "two-proportion z, pooled variance", "Welch"


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


def rates(arm: Share, control: Share, tau: Decimal) -> Compared:
    """The difference of two conversion rates. The interval for many looks finds differences of `tau` soonest."""
    n = arm.n + control.n
    if not arm.n or not control.n:
        return Compared(None, n, reason="an arm has no members")
    sequence = None if few(arm.events, control.events) else always_valid(arm, control, tau)
    more = {"always_valid": between(*sequence, f"normal-mixture mSPRT, pooled variance, tau = {tau}")} if sequence else {}
    interval = between(*newcombe(arm, control), "Newcombe")
    return Compared(float(arm.rate - control.rate), n, interval, pooled_z(arm, control), too_few(arm, control), more=more)


def means(arm: Moments | None, control: Moments | None, events: tuple[int, int]) -> Compared:
    """The difference of two means; `events` are the members of each arm with a value that is not 0."""
    if arm is None or control is None:
        return Compared(None, 0, reason="an arm has fewer than two members")
    n, compared = arm.n + control.n, welch(arm, control)
    if compared is None:
        return Compared(arm.mean - control.mean, n, caution="Not enough data: the values do not vary")
    caution = too_few(Share(events[0], arm.n), Share(events[1], control.n))
    if not caution and (skewness := too_skewed(arm, control)) is not None:
        caution = f"Not enough data: the difference has skewness {skewness:.2f}"
    interval = between(compared.low, compared.high, WELCH)
    tested = Tested(compared.statistic, compared.p_value)
    return Compared(compared.difference, n, interval, tested, caution)


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
    if caution := mismatch or few(arm.events, control.events):
        more["caution"] = caution
    return estimated(arm.rate / control.rate - minus, "1", definition, **more)


def few(*events: int) -> str:
    return f"Not enough data: an arm has fewer than {ENOUGH} events" if min(events) < ENOUGH else ""


def too_few(arm: Share, control: Share) -> str:
    """Why so few events support no verdict.

    A limit of what is observed alone chooses by the difference: arms that are significantly lower have too few events, and
    small arms that are higher by chance have enough. So there must be so many events in all that a difference with p = 0.01
    leaves enough in both arms. Then 4 to 5 % of equal arms are called different, and in both directions.
    """
    if found := few(arm.events, control.events):
        return found
    lost = min(divided(arm, control, CLEAR)) < ENOUGH
    return f"Not enough data: an arm that is clearly lower would have fewer than {ENOUGH} events" if lost else ""


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
