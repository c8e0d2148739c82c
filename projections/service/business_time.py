"""Open time between moments, for a million pairs at a time: prefix sums over the stretches in which a calendar is open.

Moments and durations are whole microseconds, moments since 1970 in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.service.opening_hours import Timetable, open_between
from projections.service.ticket_course import microseconds, moment

if TYPE_CHECKING:
    from projections.shared.vectors import Whole

_BEFORE_ALL = -(2**62)


class BusinessTime:
    """The open time of a timetable between two moments. Before and after them it counts as closed."""

    def __init__(self, timetable: Timetable, from_: int, to: int) -> None:
        import numpy as np

        stretches = open_between(timetable, moment(from_), moment(to)) if from_ < to else ()
        edges = [(microseconds(opened), microseconds(closed)) for opened, closed in stretches]
        # The first stretch has no length: it makes sure that every moment has a stretch that began before it.
        opens, closes = np.array([(_BEFORE_ALL, _BEFORE_ALL), *edges], dtype=np.int64).T
        self._opens, self._lengths = np.ascontiguousarray(opens), closes - opens
        self._passed = np.cumsum(self._lengths)

    def until(self, moments: Whole) -> Whole:
        """The open time from `from_` until each moment."""
        import numpy as np

        last = np.searchsorted(self._opens, moments, side="right") - 1
        lengths = self._lengths[last]
        passed: Whole = self._passed[last] - lengths + np.minimum(moments - self._opens[last], lengths)
        return passed

    def between(self, began: Whole, ended: Whole) -> Whole:
        """The open time of each pair; negative if the pair ends before it begins."""
        return self.until(ended) - self.until(began)
