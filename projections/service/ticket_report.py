"""How long people waited, in groups of tickets: counts, means and exact quantiles, from one narrow row per ticket."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection

from projections.service.service_calendars import calendars
from projections.service.ticket_business import BusinessFigures, Clocks
from projections.service.ticket_columns import Tickets, opened_within, read, within
from projections.service.ticket_course import microseconds
from projections.service.ticket_figures import UNKNOWN
from projections.service.ticket_filter import TicketFilter
from projections.service.ticket_groups import Fields, Groups
from projections.service.ticket_measures import AGE, COUNTS, EARLIER, MEASURES, SECOND
from projections.shared.distributions import Described, distributed
from projections.shared.figures import Figure, Measured, counted
from projections.shared.grouped import Gathered, spread, spreads
from projections.shared.reports import limited, named, place
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
HAVING, NO_VALUE = "tickets with a value", "no ticket has a value yet"


class Times(Measured, frozen=True, kw_only=True):
    """A group of tickets and its figures: those of `COUNTED`, and the statistics of each of `MEASURES` and of `SO_FAR`."""


class Question(TicketFilter, frozen=True, kw_only=True):
    """Tickets opened, solved or closed on days from `from_` to before `to` in `zone`, with these values.

    None means any value.
    """

    dated_by: DatedBy = "solved"
    by: tuple[str, ...] = ()
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
            **{f"{name}_so_far": np.where(unsolved, COUNTS[name].of(tickets), UNKNOWN) for name in COUNTS},
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
        limited(len(keys), large=True)
        counts = {name: _counted(self._gathered.take(name), numbers, len(keys)) for name in COUNTED}
        rows: list[dict[str, Figure]] = [
            {name: counted(counts[name][row], "tickets", meaning) for name, meaning in COUNTED.items()}
            for row in range(len(keys) + 1)
        ]
        for first, *others in (*SAME, *([name] for name in SO_FAR)):
            values = self._gathered.take(first)
            known = np.flatnonzero(values != UNKNOWN)
            found = [spread(values[known], bounded=True)]
            found += spreads(values[known], numbers[known], len(keys), bounded=True) if keys else ()
            for name in (first, *others):
                described = _described(name, self._question.clock)
                for row, one in zip(rows, found, strict=True):
                    row.update(distributed(described, one))
        groups = ({}, *(named(self._question.by, key) for key in keys))
        total, *others_of = (Times(group=group, measures=row) for group, row in zip(groups, rows, strict=True))
        return total, sorted(others_of, key=lambda times: place(times.group.values()))


COUNTED = {
    "tickets": "tickets with the date asked for on these days, without discarded ones",
    "unsolved": "tickets that are not solved and not closed, of those opened on these days; if tickets are asked for by the day"
    " they were solved or closed, of all opened before the end of the last day",
    "discarded": "discarded tickets, of those opened on the days of `unsolved`; no measure counts them",
    "irregular": "measured tickets with an event before their opening",
    "solved_more_than_once": "measured tickets with two solutions or more",
}
SO_FAR = {
    AGE: "time from the opening until now",
    **{f"{name}_so_far": measure.definition for name, measure in COUNTS.items()},
}
"""Measures of tickets that are not solved and not closed."""


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


def _described(name: str, clock: Hours) -> Described:
    of, reason = ("unsolved tickets", "no ticket is unsolved") if name in SO_FAR else (HAVING, NO_VALUE)
    definition = SO_FAR.get(name) or MEASURES[name].definition
    if name.removesuffix("_so_far") in COUNTS:
        return Described(name, 1, "times", definition, of, reason)
    return Described(name, SECOND, "seconds", f"{definition}, in {clock} time", of, reason)
