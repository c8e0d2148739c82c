"""How many tickets came, were done and came back in each period, and how many waited at its end, and how long.

All follow from the intervals of tickets' statuses: a ticket waits while it is neither solved nor closed. So what waits at the
end of a period is what waited at the end of the one before, and what was opened and reopened, less what was finished.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

import msgspec
import numpy as np
from sqlalchemy import Connection, case, select

from projections.channel_sales import Period, first_day
from projections.grouped import Whole
from projections.occurred import midnight
from projections.ratios import Ratio, ratio
from projections.ticket_course import FINISHED, microseconds, moment
from projections.ticket_measures import SECOND
from projections.ticket_report import FILTERS, GROUP_LIMIT, TooManyGroups
from projections.ticket_times import measured_tickets, ticket_intervals

DAYS_OF_MONTH = 31


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A period by its first day. `backlog` is what waits at its end, or now; `mean_age` how long that is open by then."""

    period: date
    opened: int
    reopened: int
    finished: int
    backlog: int
    mean_age: Ratio


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """From the period of `from_` to that before `to`, in `zone`, of tickets with these values; None is any."""

    by: Period = "day"
    from_: date
    to: date
    zone: tzinfo = UTC
    agent: str | None = None
    team: str | None = None
    category: str | None = None
    priority: str | None = None
    channel: str | None = None


class _Moves:
    """Moments of one kind of move in their order, and when the tickets that moved were opened."""

    def __init__(self, at: Whole, opened: Whole) -> None:
        order = np.argsort(at, kind="stable")
        self._at, self._opened = at[order], np.concatenate(([0], np.cumsum(opened[order] // SECOND)))

    def before(self, edges: Whole) -> Whole:
        """How many there were before each moment."""
        return np.searchsorted(self._at, edges, side="left").astype(np.int64)

    def opened_before(self, edges: Whole) -> Whole:
        """When these were opened, in seconds and summed."""
        sums: Whole = self._opened[self.before(edges)]
        return sums


def report(connection: Connection, question: Question, now: datetime) -> list[Flow]:
    """The periods in order, from the first ticket on and until now. Discarded tickets are left out. Raises TooManyGroups."""
    at, opened, first, finished, after_finish = _intervals(connection, question)
    if not len(at):
        return []
    days = list(_periods(question, moment(int(opened.min())), now))
    if len(days) < 2:
        return []
    edges = np.array([min(microseconds(midnight(day, question.zone)), microseconds(now)) for day in days], dtype=np.int64)
    came, back, done = (
        _Moves(at[which], opened[which]) for which in (first, after_finish & ~finished, finished & ~after_finish & ~first)
    )
    counts = [np.diff(moves.before(edges)).tolist() for moves in (came, back, done)]
    ends = edges[1:]
    waiting = came.before(ends) + back.before(ends) - done.before(ends)
    since = came.opened_before(ends) + back.opened_before(ends) - done.opened_before(ends)
    ages = waiting * (ends // SECOND) - since
    rows = zip(days, *counts, waiting.tolist(), ages.tolist(), strict=False)
    return [_flow(*row) for row in rows]


def _flow(period: date, opened: int, reopened: int, finished: int, backlog: int, age: int) -> Flow:
    mean = ratio(age, backlog, "seconds", "time since the opening, summed / tickets that wait", "no ticket waits")
    return Flow(period=period, opened=opened, reopened=reopened, finished=finished, backlog=backlog, mean_age=mean)


def _intervals(connection: Connection, question: Question) -> tuple[Whole, ...]:
    """When each interval began and its ticket was opened; whether it is the first, is finished, and follows a finished one."""
    row, ticket = ticket_intervals.c, measured_tickets.c
    asked = {name: getattr(question, name) for name in FILTERS}
    query = (
        select(row.began, ticket.opened, row.ordinal, case((row.status.in_(FINISHED), 1), else_=0))
        .join(measured_tickets, ticket.ticket_id == row.ticket_id)
        .where(~ticket.discarded, *(ticket[name] == value for name, value in asked.items() if value is not None))
        .order_by(row.ticket_id, row.ordinal)
    )
    found = np.array([tuple(one) for one in connection.execute(query)], dtype=np.int64).reshape(-1, 4)
    began, opened, ordinal, done = found.T
    first, finished = ordinal == 1, done == 1
    return began, opened, first, finished, np.concatenate(([False], finished[:-1])) & ~first


def _periods(question: Question, first: datetime, now: datetime) -> Iterator[date]:
    """First days of periods, and of the one after the last. Raises TooManyGroups."""
    earliest = max(question.from_, first.astimezone(question.zone).date())
    today = now.astimezone(question.zone).date()
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
