"""How many tickets were opened, reopened and finished in each period, how many waited at its end, and for how long.

The figures are computed from the status intervals of tickets: a ticket waits until it is solved or closed. So the backlog at
the end of a period is the backlog at the end of the period before, plus the tickets opened and reopened, less the tickets
finished.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection

from projections.service.ticket_columns import Spans, Tickets, read
from projections.service.ticket_course import FINISHED, microseconds, moment
from projections.service.ticket_filter import TicketFilter
from projections.service.ticket_groups import Fields, Groups
from projections.service.ticket_measures import SECOND
from projections.shared.figures import Measured, counted
from projections.shared.grouped import Gathered
from projections.shared.occurred import midnight
from projections.shared.ratios import ratio
from projections.shared.reports import GROUP_LIMIT, Key, Period, TooManyGroups, first_day

if TYPE_CHECKING:
    from projections.service.ticket_columns import Flags
    from projections.shared.vectors import Whole

DAYS_OF_MONTH = 31
KINDS = ("opened", "reopened", "finished")
CELLS = 1_000_000
"""So many counts, each of a group before a moment, are in memory at a time."""


MEANINGS = {
    "opened": "tickets opened in the period",
    "reopened": "times a solved or closed ticket was reopened in the period",
    "finished": "times a ticket was solved, or closed unsolved, in the period",
    "backlog": "tickets that wait at the end of the period, or now if it has not ended: those of the period before + opened +"
    " reopened - finished",
}
MEASURED = (*MEANINGS, "mean_age")


class Flow(Measured, frozen=True, kw_only=True):
    """A period by its first day; the figures are those of `MEANINGS`, and the mean age of the tickets that wait then."""


class Question(TicketFilter, frozen=True, kw_only=True):
    """Periods with days from `from_` to before `to`, in `zone`, for tickets with these values. None means any value.

    If `by` is None, all these days are one period.
    """

    by: Period | None = "day"


def report(connection: Connection, question: Question, now: datetime) -> list[Flow]:
    """The periods in order, from the first ticket until now. Discarded tickets are left out. Raises TooManyGroups."""
    fields = Fields()
    count = BacklogCount((), fields, now)
    for tickets in read(connection, question, fields):
        count.add(tickets)
    return count.moves().periods(question)


class BacklogCount:
    """The moves of tickets that arrive in portions. `names` are the fields in which groups of tickets differ."""

    def __init__(self, names: Sequence[str], fields: Fields, now: datetime) -> None:
        self._groups, self._now = Groups(names, fields, UTC), now
        self._gathered = Gathered()

    def add(self, tickets: Tickets) -> None:
        tickets = tickets.kept
        opened = tickets["opened"]
        group = self._groups.numbers(tickets, opened, tickets["opened_on"])
        ticket, began = tickets.statuses.ticket, tickets.statuses.began
        for kind, which in _moves(tickets.statuses).items():
            moved = ticket[which]
            self._gathered.add(**{f"{kind}/at": began[which], f"{kind}/since": opened[moved], f"{kind}/group": group[moved]})

    def moves(self) -> Moves:
        """All that arrived. It is released here."""
        kinds = [Moved(*(self._gathered.take(f"{kind}/{name}") for name in Moved._fields)) for kind in KINDS]
        return Moves(self._groups.keys(), self._now, *kinds)


class Moved(NamedTuple):
    """When tickets moved, when they were opened, and the numbers of their groups."""

    at: Whole
    since: Whole
    group: Whole

    def before(self, edges: Whole, groups: range) -> tuple[Whole, Whole]:
        """By group and edge: the number of moves before it, and the sum of their tickets' openings in seconds since 1970."""
        import numpy as np

        which = np.flatnonzero((self.group >= groups.start) & (self.group < groups.stop))
        columns = len(edges) + 1
        cells = (self.group[which] - groups.start) * columns + np.searchsorted(edges, self.at[which], side="right")
        counts, sums = np.bincount(cells, minlength=len(groups) * columns), np.zeros(len(groups) * columns, dtype=np.int64)
        np.add.at(sums, cells, self.since[which] // SECOND)
        until, opened = (np.cumsum(one.reshape(-1, columns), axis=1)[:, :-1] for one in (counts, sums))
        return until, opened


class Moves(NamedTuple):
    """All moves of each kind, and the keys of the groups in the order of their numbers."""

    keys: list[Key]
    now: datetime
    opened: Moved
    reopened: Moved
    finished: Moved

    def periods(self, question: Question) -> list[Flow]:
        """The periods of all tickets."""
        together = [moved._replace(group=moved.group * 0) for moved in self[2:]]
        return [flow for _, flow in Moves([()], self.now, *together)._flows(question, empty=True)]

    def by_group(self, question: Question) -> list[tuple[Key, Flow]]:
        """The periods of each group that have a figure that is not 0. Raises TooManyGroups."""
        found: list[tuple[Key, Flow]] = []
        for one in self._flows(question, empty=False):
            found.append(one)
            if len(found) > GROUP_LIMIT:
                raise TooManyGroups(f"There would be more than {GROUP_LIMIT} groups.")
        return found

    def _flows(self, question: Question, *, empty: bool) -> Iterator[tuple[Key, Flow]]:
        """The periods of each group; those without any figure only if they may be `empty`."""
        import numpy as np

        if not len(self.opened.at):
            return
        days = list(_periods(question, moment(int(self.opened.since.min())), self.now))
        if len(days) < 2:
            return
        ends = [min(microseconds(midnight(day, question.zone)), microseconds(self.now)) for day in days]
        step = max(1, CELLS // len(days))
        for first in range(0, len(self.keys), step):
            groups = range(first, min(first + step, len(self.keys)))
            figures = self._figures(np.array(ends, dtype=np.int64), groups)
            rows, periods = np.nonzero(empty | (figures[:4] != 0).any(axis=0))
            chosen = figures[:, rows, periods].tolist()
            for row, period, *counts, age in zip(rows.tolist(), periods.tolist(), *chosen, strict=True):
                group: dict[str, date] = {question.by: days[period]} if question.by else {}
                yield self.keys[first + row], _flow(group, *counts, age=age)

    def _figures(self, edges: Whole, groups: range) -> Whole:
        """By group and period: opened, reopened, finished and waiting tickets, and the age of those that wait in seconds."""
        import numpy as np

        kinds = [moved.before(edges, groups) for moved in (self.opened, self.reopened, self.finished)]
        (opened, since_opened), (reopened, since_reopened), (finished, since_finished) = kinds
        waiting = (opened + reopened - finished)[:, 1:]
        since = (since_opened + since_reopened - since_finished)[:, 1:]
        ages = waiting * (edges[1:] // SECOND) - since
        return np.stack([*(np.diff(before, axis=1) for before, _ in kinds), waiting, ages])


def _moves(statuses: Spans) -> Mapping[str, Flags]:
    """Which intervals begin with each kind of move: the first of a ticket, one after a finished one, a finished one."""
    import numpy as np

    finished = statuses.have(FINISHED)
    first = statuses.status == 0
    after_finish = np.concatenate(([False], finished[:-1])) & ~first
    return {"opened": first, "reopened": after_finish & ~finished, "finished": finished & ~after_finish & ~first}


def _flow(group: Mapping[str, date], *counts: int, age: int) -> Flow:
    """`counts` are those of `MEANINGS`, and `age` the sum over the backlog in seconds."""
    measures = {
        name: counted(count, "times" if name in {"reopened", "finished"} else "tickets", meaning)
        for (name, meaning), count in zip(MEANINGS.items(), counts, strict=True)
    }
    measures["mean_age"] = ratio(
        age, counts[-1], "seconds", "time since the opening, summed / tickets that wait", "no ticket waits"
    )
    return Flow(group=group, measures=measures)


def _periods(question: Question, first: datetime, now: datetime) -> Iterator[date]:
    """The first day of each period, and of the period after the last one. Raises TooManyGroups."""
    earliest = max(question.from_, first.astimezone(question.zone).date())
    today = now.astimezone(question.zone).date()
    if question.by is None:
        end = min(question.to, today + timedelta(days=1))
        yield from (earliest, end) if earliest < end else ()
        return
    day, number = first_day(earliest, question.by), 0
    while day < question.to and day <= today:
        yield day
        day, number = _next(day, question.by), number + 1
        if number > GROUP_LIMIT:
            raise TooManyGroups(f"There would be more than {GROUP_LIMIT} periods.")
    if number:
        yield day


def _next(day: date, period: Period) -> date:
    steps = {"day": 1, "week": 7, "month": DAYS_OF_MONTH}
    return first_day(day + timedelta(days=steps[period]), period)
