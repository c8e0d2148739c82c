"""How long people waited, in groups of tickets: counts, means and exact quantiles, from one narrow row per ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Select, Text, and_, case, null, or_, select, type_coerce

from projections.service.service_calendars import calendars
from projections.service.ticket_business import NOW, in_business, status_times
from projections.service.ticket_course import microseconds, moment
from projections.service.ticket_filter import TicketFilter, within_moments
from projections.service.ticket_measures import AGE, COUNTS, EARLIER, MEASURES, SECOND
from projections.service.ticket_times import UNKNOWN, Figures, measured_tickets, ticket_intervals
from projections.shared.grouped import Spread, spreads
from projections.shared.reports import PERIODS, Measure, Period, first_day, limited, measure, named, place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.grouped import Whole

Group = Literal["day", "week", "month", "agent", "team", "category", "priority", "channel"]
DatedBy = Literal["opened", "solved", "closed"]
Hours = Literal["calendar", "business"]

QUARTER = 900 * SECOND
READ_AT_ONCE = 2_000

table = measured_tickets.c
DATES = {
    "opened": (table.opened, table.opened_on),
    "solved": (table.resolved, table.resolved_on),
    "closed": (table.closed, table.closed_on),
}


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
    import numpy as np

    packed, inside, discarded, ids, teams, at, own, *grouped = _columns(connection, _selected(question))
    figures = _figures(packed, microseconds(now))
    counted, clocked = figures, np.ones(len(packed), dtype=bool)
    if question.clock == "business" and packed:
        spent = status_times({id: number for number, id in enumerate(ids)}, _intervals(connection, question))
        counted, clocked = in_business(figures, teams, spent, calendars(connection))
    tickets = _Tickets(figures, counted, clocked, inside, discarded)
    [total] = tickets.groups(np.zeros(len(packed), dtype=np.int64), [{}])
    if not question.by:
        return total, []
    days = _days(at, own, question.zone)
    values = [days(name) if name in PERIODS else column for name, column in zip(question.by, grouped, strict=True)]
    codes: dict[tuple[Any, ...], int] = {}
    numbers = [codes.setdefault(key, len(codes)) for key in zip(*values, strict=True)]
    limited(len(codes))
    found = tickets.groups(np.array(numbers, dtype=np.int64), [named(question.by, key) for key in codes])
    return total, sorted(found, key=lambda times: place(times.group.values()))


# How rows are read


def _selected(question: Question) -> Select[Any]:
    """One row per ticket: figures, whether it is measured or discarded, id and team for the clock, date, values to group by."""
    at, own = DATES[question.dated_by]
    inside = _inside(question)
    dated = any(name in PERIODS for name in question.by)
    return select(
        table.figures,
        case((inside, 1), else_=0),
        case((table.discarded, 1), else_=0),
        *((_raw(table.ticket_id), table.team) if question.clock == "business" else (null(), null())),
        *((case((inside, at)), case((inside, own))) if dated else (null(), null())),
        *(null() if name in PERIODS else table[name] for name in question.by),
    ).where(*_wanted(question))


def _intervals(connection: Connection, question: Question) -> Sequence[Any]:
    """The ended status intervals of the tickets."""
    row = ticket_intervals.c
    query = select(_raw(row.ticket_id), row.status, row.began, row.ended).where(row.ended.is_not(None), *_wanted(question))
    return connection.execute(query.join(measured_tickets, table.ticket_id == row.ticket_id)).all()


def _raw(id: Column[UUID]) -> ColumnElement[Any]:
    """An id as the database stores it: turning so many ids into UUIDs takes longer than all the rest of the report."""
    return type_coerce(id, Text)


def _inside(question: Question) -> ColumnElement[bool]:
    at, own = DATES[question.dated_by]
    return and_(~table.discarded, within_moments(at, own, question.from_, question.to, question.zone))


def _wanted(question: Question) -> list[ColumnElement[bool]]:
    """Conditions for the tickets to measure, and for the unsolved and discarded ones that are counted separately."""
    from_ = question.from_ if question.dated_by == "opened" else None
    counted_separately = and_(
        or_(table.discarded, table.resolved.is_(None)),
        within_moments(table.opened, table.opened_on, from_, question.to, question.zone),
    )
    return [or_(_inside(question), counted_separately), *question.matches(table)]


def _columns(connection: Connection, query: Select[Any]) -> list[list[Any]]:
    """The result by columns. Rows are released early: with many of them, garbage collection takes longer than reading."""
    columns: list[list[Any]] = [[] for _ in query.selected_columns]
    for rows in connection.execute(query).partitions(READ_AT_ONCE):
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return columns


def _days(at: Sequence[int | None], own: Sequence[date | None], zone: tzinfo) -> Callable[[Period], list[date | None]]:
    """Every ticket's period by its first day. In every time zone, a day begins at a quarter of an hour."""
    quarters = [None if moment is None else moment // QUARTER for moment in at]
    days = {q: moment(q * QUARTER).astimezone(zone).date() for q in set(quarters) if q is not None}
    return lambda period: [
        None if quarter is None else first_day(own_day or days[quarter], period)
        for quarter, own_day in zip(quarters, own, strict=True)
    ]


# How they are counted


def _figures(packed: Sequence[bytes], now: int) -> dict[str, Whole]:
    """Every figure as an array over the tickets; the moment `now` is added as one more figure."""
    import numpy as np

    table = np.frombuffer(b"".join(packed), dtype="<i8").reshape(-1, len(Figures._fields)).astype(np.int64)
    figures = dict(zip(Figures._fields, np.ascontiguousarray(table.T), strict=True))
    return figures | {NOW: np.full(len(packed), now, dtype=np.int64)}


class _Tickets:
    """The measures of tickets. Whether a ticket has a value follows from `figures`, the value itself from `counted`.

    `counted` are the figures by the clock asked for.
    """

    def __init__(
        self,
        figures: Mapping[str, Whole],
        counted: Mapping[str, Whole],
        clocked: NDArray[np.bool_],
        inside: Sequence[int],
        discarded: Sequence[int],
    ) -> None:
        import numpy as np

        self._inside, self._discarded = np.array(inside, dtype=bool), np.array(discarded, dtype=bool)
        self._unsolved = (figures["resolved"] == UNKNOWN) & ~self._discarded
        self._early, self._again = figures["early"] > 0, figures["solutions"] > 1
        ended = figures["resolved"] >= figures["opened"]
        self._measures = {name: measure.of(counted) for name, measure in MEASURES.items()}
        self._known = {
            name: self._inside & (measure.of(figures) >= 0) & (ended | (name in EARLIER)) & (clocked | (name in COUNTS))
            for name, measure in MEASURES.items()
        }
        self._age = counted[NOW] - counted["opened"]
        self._aged = self._unsolved & clocked

    def groups(self, codes: Whole, groups: Sequence[Mapping[str, Any]]) -> list[Times]:
        """The counts and measures of the tickets of each code."""
        import numpy as np

        length = len(groups)
        tickets = self._counted(codes, length, self._inside)
        unsolved, discarded = (self._counted(codes, length, which) for which in (self._unsolved, self._discarded))
        irregular, again = (self._counted(codes, length, self._inside & which) for which in (self._early, self._again))
        measures = {
            name: spreads(values[self._known[name]], codes[self._known[name]], length)
            for name, values in self._measures.items()
        }
        ages = spreads(np.maximum(self._age[self._aged], 0), codes[self._aged], length)
        return [
            Times(
                group=dict(group),
                tickets=tickets[code],
                unsolved=unsolved[code],
                discarded=discarded[code],
                irregular=irregular[code],
                solved_more_than_once=again[code],
                measures={name: _measure(name, of[code]) for name, of in measures.items()},
                backlog_age_so_far=_measure(AGE, ages[code]),
            )
            for code, group in enumerate(groups)
        ]

    @staticmethod
    def _counted(codes: Whole, length: int, which: NDArray[np.bool_]) -> list[int]:
        import numpy as np

        return [int(count) for count in np.bincount(codes[which], minlength=length)]


def _measure(name: str, spread: Spread) -> Measure:
    scale, unit = (1, "times") if name in COUNTS else (SECOND, "seconds")
    return measure(spread, scale, unit, "sum / tickets with a value", "no ticket has a value yet")
