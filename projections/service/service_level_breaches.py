"""Finds the waits that lasted longer than promised, as `domain.service.service_level.judged` does, for many waits at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from domain.service.opening_hours import Timetable
from domain.service.sla_policy import Metric
from projections.service.business_time import BusinessTime
from projections.service.ticket_measures import SECOND
from projections.service.ticket_waits import Wait

if TYPE_CHECKING:
    from projections.shared.grouped import Whole


class Judged(NamedTuple):
    """A wait that was promised to last at most `seconds`, with the number of its ticket and its metric."""

    wait: Wait
    seconds: int
    ticket: int
    metric: Metric


class Clock(Protocol):
    def until(self, moments: Whole) -> Whole: ...

    def after(self, began: Whole, durations: Whole) -> Whole: ...


class _AllTime:
    """The clock that counts every second."""

    def until(self, moments: Whole) -> Whole:
        return moments

    def after(self, began: Whole, durations: Whole) -> Whole:
        return began + durations


def breaches(judged: Sequence[Judged], timetable: Timetable | None, now: int) -> list[Judged]:
    """The waits that were breached by now, measured in open time of the timetable, or in calendar time if there is none."""
    import numpy as np

    runs = [
        (number, began, max(began, now if ended is None else ended))
        for number, one in enumerate(judged)
        for began, ended in one.wait.runs
    ]
    if not runs:
        return []
    owner, began, ended = np.array(runs, dtype=np.int64).T
    clock: Clock = _AllTime() if timetable is None else BusinessTime(timetable, int(began.min()), int(ended.max()))
    wanted = np.array([one.seconds * SECOND for one in judged], dtype=np.int64)[owner]
    passed = clock.until(ended) - clock.until(began)
    before = _within_owner(passed, owner) - passed
    comes = (before < wanted) & (wanted <= before + passed)
    due = clock.after(began[comes], (wanted - before)[comes])
    until = np.array([one.wait.until(now) for one in judged], dtype=np.int64)[owner[comes]]
    return [judged[number] for number in owner[comes][due < until].tolist()]


def _within_owner(values: Whole, owner: Whole) -> Whole:
    """Running totals that restart with each owner; `owner` must be in ascending order."""
    import numpy as np

    total = np.cumsum(values)
    first = np.searchsorted(owner, owner, side="left")
    running: Whole = total - (total - values)[first]
    return running
