"""Sums by day in SQL, in any time zone: rows are grouped by cells, each of which lies within one day of the zone.

SQL need not know the zone. A day begins at a few edges only, such as at 22:00 and 23:00 UTC in Berlin: cells are what lies
between two edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, case, func, literal_column, select

from projections.shared.reports import QUARTER, Columns, Days, inside

OF_A_DAY = 86_400 // QUARTER
MANY_DAYS = 40_000
"""Above so many days each quarter of an hour is a cell."""


class Cells(NamedTuple):
    """The rows within the condition, by `cell`; `day` gives the day of a cell."""

    cell: ColumnElement[Any]
    within: ColumnElement[bool]
    day: Callable[[Any], date]


def by_days(connection: Connection, columns: Columns, days: Days) -> Iterator[Cells]:
    """As `inside`: the rows dated by quarter of an hour, if there are any, and those dated by day."""
    for column, within in inside(columns, days):
        if column is columns["quarter"]:
            edges = select(func.min(column), func.max(column)).where(within)
            first, last = connection.execute(edges).one()
            if first is not None:
                yield _by_quarter(column, within, first, last, days.zone)
        else:
            yield Cells(column.label("cell"), within, lambda day: day)


def _by_quarter(quarter: ColumnElement[int], within: ColumnElement[bool], first: int, last: int, zone: tzinfo) -> Cells:
    begin = first // OF_A_DAY - 1
    edge, *later = edges = _edges(range(begin, last // OF_A_DAY + 1), zone)
    since = quarter - _number(begin * OF_A_DAY + edge)
    passed = [case((since % _number(OF_A_DAY) >= _number(other - edge), _number(1)), else_=_number(0)) for other in later]
    cell = sum(passed, since // _number(OF_A_DAY) * _number(len(edges)))

    def day(cell: int) -> date:
        whole, part = divmod(cell, len(edges))
        return _day((begin + whole) * OF_A_DAY + edges[part], zone)

    return Cells(cell.label("cell"), within, day)


def _edges(days: range, zone: tzinfo) -> Sequence[int]:
    """The quarters of a day in UTC at which a day of the zone begins, on one of these days since 1970, in order."""
    if len(days) > MANY_DAYS:
        return range(OF_A_DAY)
    edges, before = set(), _offset(days.start, zone)
    for day in days:
        after = _offset(day + 1, zone)
        if before == after:
            edges.add(-(before // QUARTER) % OF_A_DAY)
        else:
            quarters = range(day * OF_A_DAY, (day + 1) * OF_A_DAY)
            edges |= {quarter % OF_A_DAY for quarter in quarters if _day(quarter, zone) != _day(quarter - 1, zone)}
        before = after
    return sorted(edges)


def _offset(day: int, zone: tzinfo) -> int:
    """Seconds east of UTC at the begin of this day in UTC."""
    offset = datetime.fromtimestamp(day * OF_A_DAY * QUARTER, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _day(quarter: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(quarter * QUARTER, zone).date()


def _number(number: int) -> ColumnElement[int]:
    """A number that is part of the statement: PostgreSQL compares what is selected with what rows are grouped by."""
    return literal_column(str(number), BigInteger)
