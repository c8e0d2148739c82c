"""How long people waited, in groups of tickets: counts, means and exact quantiles, from one narrow row per ticket."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import Connection

from projections.service.service_calendars import calendars
from projections.service.ticket_business import BusinessFigures, Clocks
from projections.service.ticket_columns import Tickets, opened_within, read, within
from projections.service.ticket_course import microseconds
from projections.service.ticket_figures import UNKNOWN
from projections.service.ticket_filter import TicketFilter
from projections.service.ticket_groups import Fields, Groups
from projections.service.ticket_measures import AGE, COUNTS, EARLIER, MEASURES, SECOND
from projections.shared.grouped import Gathered, Spread, spread, spreads
from projections.shared.reports import Measure, limited, measure, named, place
from projections.shared.vectors import NO_DAY

if TYPE_CHECKING:
    from projections.service.ticket_columns import Flags
    from projections.shared.vectors import Whole

Group = Literal["day", "week", "month", "agent", "team", "category", "priority", "channel"]
DatedBy = Literal["opened", "solved", "closed"]
Hours = Literal["calendar", "business"]

DATES = {
    "opened": ("opened", "opened_on"),
    "solved": ("resolved", "resolved_on"),
    "closed": ("closed", "closed_on"),
}
"""The figures that date a ticket."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """A group of tickets; `group` holds the value of each grouping, None if a ticket has none.

    `tickets` counts the measured tickets; `unsolved` and `discarded` are counted separately. Of the measured tickets,
    `irregular` counts those with an event before their opening, and `solved_more_than_once` those with two solutions or more.
    `backlog_age_so_far` is the age of the unsolved tickets.
    """

    group: dict[str, str | date | None]
    tickets: int
    unsolved: int
    discarded: int
    irregular: int
    solved_more_than_once: int
    measures: dict[str, Measure]
    backlog_age_so_far: Measure


class Question(TicketFilter, frozen=True, kw_only=True):
    """Tickets opened, solved or closed on days from `from_` to before `to` in `zone`, with these values.

    None means any value.
    """

    dated_by: DatedBy = "solved"
    by: tuple[Group, ...] = ()
    clock: Hours = "calendar"


def report(connection: Connection, question: Question, now: datetime) -> tuple[Times, list[Times]]:
    """The total, and the groups in the order of their values. Raises TooManyGroups.

    `unsolved` and `discarded` count tickets opened on the days asked for. If tickets are asked for by the day they were solved
    or closed, they count all tickets opened before the end of the last of these days.
    """
    fields = Fields(question.by)
    count = TimesCount(question, fields, now, clocks(connection, question.clock, fields, now))
    where = opened_within(question) if question.dated_by == "opened" else []
    for tickets in read(connection, question, fields, where):
        count.add(tickets)
    return count.report()


def clocks(connection: Connection, hours: Hours, fields: Fields, now: datetime) -> Clocks | None:
    return Clocks(calendars(connection), fields, microseconds(now)) if hours == "business" else None


# How they are counted


class TimesCount:
    """The report over tickets that arrive in portions. Without `clocks`, durations are in calendar time.

    Whether a ticket has a value follows from its figures in calendar time.
    """

    def __init__(self, question: Question, fields: Fields, now: datetime, clocks: Clocks | None) -> None:
        self._question, self._now, self._clocks = question, microseconds(now), clocks
        self._groups = Groups(question.by, fields, question.zone)
        self._gathered = Gathered()

    def add(self, tickets: Tickets) -> None:
        question, (at, own) = self._question, DATES[self._question.dated_by]
        from_ = question.from_ if question.dated_by == "opened" else None
        discarded, unsolved = tickets["discarded"] > 0, tickets["resolved"] == UNKNOWN
        inside = within(tickets[at], tickets[own], question.from_, question.to, question.zone) & ~discarded
        opened = within(tickets["opened"], tickets["opened_on"], from_, question.to, question.zone)
        wanted = inside | ((discarded | unsolved) & opened)
        self._add(tickets.of(wanted), inside[wanted])

    def _add(self, tickets: Tickets, inside: Flags) -> None:
        """Tickets that are measured if they are `inside`, or else counted separately."""
        import numpy as np

        at, own = DATES[self._question.dated_by]
        discarded = tickets["discarded"] > 0
        unsolved = (tickets["resolved"] == UNKNOWN) & ~discarded
        business = BusinessFigures(tickets, self._clocks) if self._clocks else None
        clocked = business.clocked if business else np.ones(len(tickets), dtype=bool)
        age = np.maximum(business.age if business else self._now - tickets["opened"], 0)
        self._gathered.add(
            group=self._groups.numbers(tickets, np.where(inside, tickets[at], UNKNOWN), np.where(inside, tickets[own], NO_DAY)),
            tickets=inside,
            unsolved=unsolved,
            discarded=discarded,
            irregular=inside & (tickets["early"] > 0),
            solved_more_than_once=inside & (tickets["solutions"] > 1),
            **{AGE: np.where(unsolved & clocked, age, UNKNOWN)},
            **{same[0]: self._measured(same[0], tickets, business or tickets, inside, clocked) for same in SAME},
        )

    def _measured(self, name: str, tickets: Tickets, counted: Any, inside: Flags, clocked: Flags) -> Whole:
        """The measure of each ticket, or UNKNOWN if it has no value."""
        import numpy as np

        of, known = MEASURES[name].of, inside
        if name not in EARLIER:
            known = known & (tickets["resolved"] >= tickets["opened"])
        if name not in COUNTS:
            known = known & clocked
        values = of(tickets)
        durations = values if name in COUNTS else of(counted)
        measured: Whole = np.where(known & (values >= 0), durations, UNKNOWN)
        return measured

    def report(self) -> tuple[Times, list[Times]]:
        """The total, and the groups in the order of their values. Raises TooManyGroups."""
        import numpy as np

        keys, numbers = self._groups.present(self._gathered.take("group"))
        keys = keys if self._question.by else []
        limited(len(keys))
        counts = {name: _counted(self._gathered.take(name), numbers, len(keys)) for name in COUNTED}
        measures: dict[str, list[Measure]] = {}
        for first, *others in (*SAME, [AGE]):
            values = self._gathered.take(first)
            known = np.flatnonzero(values != UNKNOWN)
            found = [spread(values[known]), *(spreads(values[known], numbers[known], len(keys)) if keys else ())]
            measures |= {name: [_measure(name, one) for one in found] for name in (first, *others)}
        total, *groups = [
            Times(
                group=group,
                **{name: counted[row] for name, counted in counts.items()},
                measures={name: measures[name][row] for name in MEASURES},
                backlog_age_so_far=measures[AGE][row],
            )
            for row, group in enumerate([{}, *(named(self._question.by, key) for key in keys)])
        ]
        return total, sorted(groups, key=lambda times: place(times.group.values()))


COUNTED = ("tickets", "unsolved", "discarded", "irregular", "solved_more_than_once")


def _same() -> list[list[str]]:
    """The names of the measures; those that are computed alike are together."""
    found: dict[Any, list[str]] = {}
    for name, (_, of) in MEASURES.items():
        found.setdefault((of, name in EARLIER, name in COUNTS), []).append(name)
    return list(found.values())


SAME = _same()


def _counted(flags: Flags, numbers: Whole, length: int) -> list[int]:
    """How many flags are set: in total, and in each group."""
    import numpy as np

    by_group = np.bincount(numbers[np.flatnonzero(flags)], minlength=length)
    return [int(np.count_nonzero(flags)), *by_group.tolist()]


def _measure(name: str, spread: Spread) -> Measure:
    scale, unit = (1, "times") if name in COUNTS else (SECOND, "seconds")
    return measure(spread, scale, unit, "sum / tickets with a value", "no ticket has a value yet")
