"""How long people really wait: open tickets count as having waited at least until now, so no long wait is left out.

The mean and the quantiles of finished tickets are too short if many tickets are open. Here each group of tickets has a curve of
Kaplan and Meier, from which its quantiles and its restricted mean are read. See `projections.shared.statistics.survival`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import Connection

from projections.service.ticket_business import Clocks
from projections.service.ticket_columns import Tickets, opened_within, read, within
from projections.service.ticket_course import microseconds
from projections.service.ticket_figures import UNKNOWN
from projections.service.ticket_filter import TicketFilter
from projections.service.ticket_groups import Fields, Groups
from projections.service.ticket_report import Hours, clocks
from projections.service.waiting_figures import Point, compared, drawn, figures
from projections.shared.figures import Figure, Measured
from projections.shared.grouped import Gathered
from projections.shared.reports import limited, named, place
from projections.shared.statistics.log_rank import log_rank
from projections.shared.statistics.survival import Curve, curve

if TYPE_CHECKING:
    from projections.service.ticket_columns import Flags
    from projections.shared.vectors import Whole

Wait = Literal["first_response", "first_resolution", "full_resolution"]
ENDS: dict[Wait, str] = {"first_response": "responded", "first_resolution": "first_resolved", "full_resolution": "resolved"}
"""The figure of a ticket that ends each wait."""
CURVES = 100
"""If there are more groups, only the total has a curve."""
COMPARED = 50
"""So many groups can be compared by a test."""
COUNTED = ("events", "censored", "irregular", "without_calendar")


class Waiting(Measured, frozen=True, kw_only=True):
    """A group of tickets, and the points of its curve; see `waiting_figures`."""

    curve: list[Point]


class Question(TicketFilter, frozen=True, kw_only=True):
    """Tickets opened on days from `from_` to before `to` in `zone`, with these values. None means any value.

    `by` names groupings as in ticket times, and attributes: `attribute:made_sla`. `tau` is in seconds; None is the longest
    time that was observed in the group.
    """

    measure: Wait = "first_resolution"
    by: tuple[str, ...] = ()
    clock: Hours = "calendar"
    tau: int | None = None


class Answer(NamedTuple):
    """The total, the groups in the order of their values, and the test whether groups differ."""

    total: Waiting
    groups: list[Waiting]
    log_rank: Figure


def report(connection: Connection, question: Question, now: datetime) -> Answer:
    """What is still open lasts until `now`. Discarded tickets are left out. Raises TooManyGroups."""
    fields = Fields(question.by)
    count = WaitingCount(question, fields, now, clocks(connection, question.clock, fields, now))
    for tickets in read(connection, question, fields, opened_within(question)):
        count.add(tickets)
    return count.report()


class WaitingCount:
    """The report over tickets that arrive in portions. Without `clocks`, durations are in calendar time."""

    def __init__(self, question: Question, fields: Fields, now: datetime, clocks: Clocks | None) -> None:
        self._question, self._now, self._clocks = question, microseconds(now), clocks
        self._groups = Groups(question.by, fields, question.zone)
        self._gathered = Gathered()

    def add(self, tickets: Tickets) -> None:
        import numpy as np

        question, tickets = self._question, tickets.kept
        tickets = tickets.of(within(tickets["opened"], tickets["opened_on"], question.from_, question.to, question.zone))
        ended, until = self._ends(tickets)
        irregular = ended & (until < tickets["opened"])
        durations, clocked = self._durations(tickets, np.maximum(until, tickets["opened"]))
        counted = clocked & ~irregular
        self._gathered.add(
            group=self._groups.numbers(tickets, tickets["opened"], tickets["opened_on"]),
            duration=durations,
            events=ended & counted,
            censored=~ended & counted,
            irregular=irregular,
            without_calendar=~clocked & ~irregular,
        )

    def _ends(self, tickets: Tickets) -> tuple[Flags, Whole]:
        """Which waits have ended, and until when each is known to have lasted."""
        import numpy as np

        end = tickets[ENDS[self._question.measure]]
        lasted = np.full(len(tickets), self._now, dtype=np.int64)
        if self._question.measure == "first_response":
            # A ticket that ends without a response waits for none any more.
            over = tickets["answered"]
            lasted = np.where(over == UNKNOWN, lasted, over)
        ended = end != UNKNOWN
        return ended, np.where(ended, end, lasted)

    def _durations(self, tickets: Tickets, until: Whole) -> tuple[Whole, Flags]:
        """The duration of each wait by the clock, and which tickets have a clock."""
        import numpy as np

        if self._clocks is None:
            return until - tickets["opened"], np.ones(len(tickets), dtype=bool)
        places = self._clocks.of(tickets)
        return self._clocks.passed(places, tickets["opened"], until), places >= 0

    def report(self) -> Answer:
        """Raises TooManyGroups."""
        import numpy as np

        question = self._question
        keys, numbers = self._groups.present(self._gathered.take("group"))
        keys = keys if question.by else []
        limited(len(keys))
        durations = self._gathered.take("duration")
        flags = {name: self._gathered.take(name).astype(bool) for name in COUNTED}
        counts = {name: np.bincount(numbers[of], minlength=max(len(keys), 1)) for name, of in flags.items()}
        measured = flags["events"] | flags["censored"]
        waits = Waits(durations[measured], flags["events"][measured], numbers[measured])
        total = self._waiting({}, {name: int(of.sum()) for name, of in counts.items()}, waits.curve())
        groups = [
            self._waiting(
                named(question.by, key),
                {name: int(of[row]) for name, of in counts.items()},
                found,
                with_curve=len(keys) <= CURVES,
            )
            for row, (key, found) in enumerate(zip(keys, waits.curves(len(keys)), strict=True))
        ]
        tested = self._tested(waits, len(keys))
        return Answer(total, sorted(groups, key=lambda waiting: place(waiting.group.values())), tested)

    def _waiting(
        self, group: dict[str, Any], counts: dict[str, int], found: Curve | None, *, with_curve: bool = True
    ) -> Waiting:
        question = self._question
        measures = figures(question.measure, question.clock, found, question.tau, counts)
        return Waiting(group=group, measures=measures, curve=drawn(found) if with_curve and found else [])

    def _tested(self, waits: Waits, length: int) -> Figure:
        if length < 2:
            return compared(None, waits.number, "there are no two groups")
        if length > COMPARED:
            return compared(None, waits.number, f"there are more than {COMPARED} groups")
        return compared(log_rank(*waits, length), waits.number, "no group can be compared with another at any time")


class Waits(NamedTuple):
    """Durations in microseconds, which of them have ended, and the number of each one's group."""

    durations: Whole
    ended: Flags
    groups: Whole

    @property
    def number(self) -> int:
        return len(self.durations)

    def curve(self) -> Curve | None:
        return curve(self.durations, self.ended) if len(self.durations) else None

    def curves(self, length: int) -> Sequence[Curve | None]:
        """The curve of each group; None if it has no duration."""
        import numpy as np

        order = np.argsort(self.groups, kind="stable")
        edges = np.searchsorted(self.groups[order], np.arange(length + 1))
        parts = [order[first:last] for first, last in pairwise(edges)]
        return [curve(self.durations[part], self.ended[part]) if len(part) else None for part in parts]
