"""How many tickets were opened, reopened and finished in each period, how many waited at its end, and for how long.

The figures are computed from the status intervals of tickets: a ticket waits until it is solved or closed. So the backlog at
the end of a period is the backlog at the end of the period before, plus the tickets opened and reopened, less the tickets
finished.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, case, select

from projections.service.ticket_course import FINISHED, microseconds, moment
from projections.service.ticket_filter import TicketFilter
from projections.service.ticket_measures import SECOND
from projections.service.ticket_times import measured_tickets, ticket_intervals
from projections.shared.occurred import midnight
from projections.shared.ratios import Ratio, ratio
from projections.shared.reports import GROUP_LIMIT, Period, TooManyGroups, first_day

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.grouped import Whole

    Flags = NDArray[np.bool_]

Key = tuple[str | None, ...]

DAYS_OF_MONTH = 31


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A period by its first day. `backlog` counts the tickets that wait at its end, or now if it has not ended.

    `mean_age` is their mean time since the opening at that moment.
    """

    period: date
    opened: int
    reopened: int
    finished: int
    backlog: int
    mean_age: Ratio


class Question(TicketFilter, frozen=True, kw_only=True):
    """Periods with days from `from_` to before `to`, in `zone`, for tickets with these values. None means any value.

    If `by` is None, all these days are one period.
    """

    by: Period | None = "day"


class _Moves:
    """The times of all moves of one kind (such as reopening) in ascending order, and when their tickets were opened."""

    def __init__(self, at: Whole, opened: Whole) -> None:
        import numpy as np

        order = np.argsort(at, kind="stable")
        self._at, self._opened = at[order], np.concatenate(([0], np.cumsum(opened[order] // SECOND)))

    def before(self, edges: Whole) -> Whole:
        """How many moves there were before each moment."""
        import numpy as np

        return np.searchsorted(self._at, edges, side="left").astype(np.int64)

    def opened_before(self, edges: Whole) -> Whole:
        """The summed opening times of the tickets of these moves, in seconds since 1970."""
        sums: Whole = self._opened[self.before(edges)]
        return sums


class _Intervals(NamedTuple):
    """Status intervals as columns: when each began, and when its ticket was opened.

    The flags say whether it is the first interval of its ticket, has a finished status, or follows one with a finished status.
    """

    began: Whole
    opened: Whole
    first: Flags
    finished: Flags
    after_finish: Flags

    def of(self, which: Whole) -> _Intervals:
        return _Intervals(
            self.began[which], self.opened[which], self.first[which], self.finished[which], self.after_finish[which]
        )


def report(connection: Connection, question: Question, now: datetime) -> list[Flow]:
    """The periods in order, from the first ticket until now. Discarded tickets are left out. Raises TooManyGroups."""
    intervals, _ = _read(connection, question, ())
    return [_flow(*row) for row in _counted(question, intervals, now)]


def by_groups(
    connection: Connection, question: Question, names: Sequence[str], now: datetime
) -> tuple[Flow | None, list[tuple[Key, Flow]]]:
    """All days as one period; and for each group of tickets, its periods with a figure that is not 0. Raises TooManyGroups."""
    intervals, keys = _read(connection, question, names)
    whole = next((_flow(*row) for row in _counted(replace(question, by=None), intervals, now)), None)
    found: list[tuple[Key, Flow]] = []
    for key, places in _places(keys):
        rows = _counted(question, intervals.of(places), now)
        found += [(key, _flow(*row)) for row in rows if any(row[1:5])]
        if len(found) > GROUP_LIMIT:
            raise TooManyGroups(f"There would be more than {GROUP_LIMIT} groups.")
    return whole, found


def _places(keys: Sequence[Key]) -> Iterator[tuple[Key, Whole]]:
    """Each key with the indexes at which it occurs, in ascending order."""
    import numpy as np

    codes: dict[Key, int] = {}
    numbers = np.array([codes.setdefault(key, len(codes)) for key in keys], dtype=np.int64)
    order, bounds = np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers, minlength=len(codes)))
    yield from zip(codes, np.split(order, bounds[:-1]), strict=False)


def _counted(question: Question, intervals: _Intervals, now: datetime) -> list[tuple[date, int, int, int, int, int]]:
    """By period: first day; tickets opened, reopened, finished and waiting; summed age of the waiting tickets in seconds."""
    import numpy as np

    at, opened, first, finished, after_finish = intervals
    if not len(at):
        return []
    days = list(_periods(question, moment(int(opened.min())), now))
    if len(days) < 2:
        return []
    edges = np.array([min(microseconds(midnight(day, question.zone)), microseconds(now)) for day in days], dtype=np.int64)
    opening, reopening, finish = (
        _Moves(at[which], opened[which]) for which in (first, after_finish & ~finished, finished & ~after_finish & ~first)
    )
    counts = [np.diff(moves.before(edges)).tolist() for moves in (opening, reopening, finish)]
    ends = edges[1:]
    waiting = opening.before(ends) + reopening.before(ends) - finish.before(ends)
    since = opening.opened_before(ends) + reopening.opened_before(ends) - finish.opened_before(ends)
    ages = waiting * (ends // SECOND) - since
    return list(zip(days, *counts, waiting.tolist(), ages.tolist(), strict=False))


def _flow(period: date, opened: int, reopened: int, finished: int, backlog: int, age: int) -> Flow:
    mean = ratio(age, backlog, "seconds", "time since the opening, summed / tickets that wait", "no ticket waits")
    return Flow(period=period, opened=opened, reopened=reopened, finished=finished, backlog=backlog, mean_age=mean)


def _read(connection: Connection, question: Question, names: Sequence[str]) -> tuple[_Intervals, list[Key]]:
    """The intervals, and for each one the values of its ticket in the columns `names`."""
    import numpy as np

    row, ticket = ticket_intervals.c, measured_tickets.c
    query = (
        select(
            row.began,
            ticket.opened,
            row.ordinal,
            case((row.status.in_(FINISHED), 1), else_=0),
            *(ticket[name] for name in names),
        )
        .join(measured_tickets, ticket.ticket_id == row.ticket_id)
        .where(~ticket.discarded, *question.matches(ticket))
        .order_by(row.ticket_id, row.ordinal)
    )
    found = [tuple(one) for one in connection.execute(query)]
    began, opened, ordinal, done = np.array([one[:4] for one in found], dtype=np.int64).reshape(-1, 4).T
    first, finished = ordinal == 1, done == 1
    after_finish = np.concatenate(([False], finished[:-1])) & ~first
    return _Intervals(began, opened, first, finished, after_finish), [one[4:] for one in found]


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
