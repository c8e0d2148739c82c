"""Finds the waits that lasted longer than promised, as `domain.service.service_level.judged` does, for many waits at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from domain.service.opening_hours import Timetable
from domain.service.sla_policy import Metric
from projections.service.business_time import BusinessTime
from projections.service.ticket_measures import SECOND
from projections.service.ticket_waits import Wait


class Judged(NamedTuple):
    """A wait that was promised to last at most `seconds`, with the number of its ticket and its metric."""

    wait: Wait
    seconds: int
    ticket: int
    metric: Metric


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
    if timetable is None:
        passed = ended - began
    else:
        passed = BusinessTime(timetable, int(began.min()), int(ended.max())).between(began, ended)
    total = np.zeros(len(judged), dtype=np.int64)
    np.add.at(total, owner, passed)
    wanted = np.array([one.seconds * SECOND for one in judged], dtype=np.int64)
    return [judged[number] for number in np.flatnonzero(total > wanted).tolist()]
