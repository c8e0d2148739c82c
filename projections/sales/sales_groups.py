"""Groups of `product_sales` in SQL, one period after another.

Rows of a period are found through the indexes on their quarters of an hour and on their days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    collate,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from projections.sales.product_sales import AMOUNTS, MILLION, product_sales_rows
from projections.shared import exact
from projections.shared.occurred import midnight
from projections.shared.reports import QUARTER, Period, first_day, inside, matching, quarter
from projections.shared.streaming import streaming

if TYPE_CHECKING:
    from projections.sales.sales_report import Question

UNITS = ("units", "units_part", "units_returned", "units_returned_part")
NEAR = 8
"""So many quarters around midnight may belong to the day before or after, where clocks are set back over midnight."""

Row = Mapping[str, Any]


class Part(NamedTuple):
    """The rows of a period: conditions for those dated by quarter, and for those dated by day. `first` is its first day."""

    first: date | None
    within: Sequence[ColumnElement[bool]]


# Periods


def periods(connection: Connection, question: Question, begin: date | None) -> Iterator[Part]:
    """The periods with rows in order, from the one that begins on the day `begin`; without periods, all days."""
    within = [condition for _, condition in inside(product_sales_rows.c, question)]
    if question.period is None:
        yield Part(None, within)
        return
    day: date | None = max(_earliest(question), begin or date.min)
    while day := _next_day(connection, question, within, day):
        first = first_day(day, question.period)
        day = _after(first, question.period)
        of_quarter = or_(*(_between(product_sales_rows.c.quarter, *edges) for edges in _quarters(first, day, question.zone)))
        of_day = _between(product_sales_rows.c.day, first, day)
        yield Part(first, [and_(*pair) for pair in zip((of_quarter, of_day), within, strict=True)])


def _earliest(question: Question) -> date:
    """The first day of any quarter of an hour that the question includes."""
    first = quarter(midnight(question.from_, question.zone))
    return min(_day(first + near, question.zone) for near in range(NEAR))


def _next_day(connection: Connection, question: Question, within: Sequence[ColumnElement[bool]], day: date) -> date | None:
    """The first day from `day` on that has rows; None if there is none."""
    if day >= question.to:
        return None
    table, found = product_sales_rows.c, []
    starts: Iterable[tuple[Column[Any], Any]] = ((table.quarter, quarter(midnight(day, question.zone))), (table.day, day))
    for (column, start), condition in zip(starts, within, strict=True):
        query = select(func.min(column)).where(condition, column >= start, *_asked(question))
        if (value := connection.execute(query).scalar()) is not None:
            found.append(value if column is table.day else _day(value, question.zone))
    return max(day, min(found)) if found else None


def _after(first: date, period: Period) -> date:
    """The first day of the next period."""
    days = {"day": 1, "week": 7, "month": 31}[period]
    return first_day(first + timedelta(days=days), period)


def _quarters(first: date, end: date, zone: tzinfo) -> Iterator[tuple[int, int]]:
    """The ranges of quarters that begin on these days of the zone: mostly one."""
    edges = [quarter(midnight(day, zone)) for day in (first, end)]
    begin = None
    near = sorted({edge + distance for edge in edges for distance in range(-NEAR, NEAR)})
    for one in near:
        inside = first <= _day(one, zone) < end
        if inside and begin is None:
            begin = one
        elif not inside and begin is not None:
            yield begin, one
            begin = None
    if begin is not None:
        yield begin, near[-1] + 1


def _day(quarter: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(quarter * QUARTER, zone).date()


def _between(column: Column[Any], low: Any, high: Any) -> ColumnElement[bool]:
    return and_(column >= low, column < high)


def _asked(question: Question) -> list[ColumnElement[bool]]:
    return matching(product_sales_rows.c, question, ("channel", "product", "category", "currency"))


# Groups of a period


def in_order(
    connection: Connection, question: Question, part: Part, after: Sequence[str] | None, most: int | None
) -> Iterable[Row]:
    """The groups in the order of their values, after these values; at most `most` of them, or all, which are streamed."""
    rows = _rows(question, part)
    order = _ordered(connection, [rows.c.currency, *_own(rows, question)])
    beyond = [] if after is None else [tuple_(*order) > tuple_(*(literal(value) for value in after))]

    def query(sums: exact.Sums) -> Select[Any]:
        return _summed(connection, rows, question, sums).where(*beyond).order_by(*order).limit(most)

    if most is not None:
        return exact.summed(connection, query)
    every = query(exact.that_never_overflow(connection))
    return connection.execute(every, execution_options=streaming(connection)).mappings()


def best(connection: Connection, question: Question, part: Part) -> Iterable[Row]:
    """The `top` largest groups of each currency, in any order."""

    def query(sums: exact.Sums) -> Select[Any]:
        rows = _rows(question, part)
        groups = _summed(connection, rows, question, sums).subquery()
        sizes = [size.desc() for size in _size(groups, question.sort)]
        order = (*sizes, *_ordered(connection, _own(groups, question)))
        place = func.row_number().over(partition_by=groups.c.currency, order_by=order).label("place")
        placed = select(groups, place).subquery()
        return select(placed).where(placed.c.place <= question.top)

    return exact.summed(connection, query)


def _rows(question: Question, part: Part) -> Subquery:
    """The rows of the period. Two selects, so that each uses an index."""
    names = ("order_id", "placed", "currency", "name", *question.own, *UNITS, *AMOUNTS)
    columns = [product_sales_rows.c[name] for name in names]
    return union_all(*(select(*columns).where(condition, *_asked(question)) for condition in part.within)).subquery()


def _summed(connection: Connection, rows: Subquery, question: Question, sums: exact.Sums) -> Select[Any]:
    key = [rows.c.currency, *_own(rows, question)]
    placed = func.count(case((rows.c.placed, rows.c.order_id)).distinct()).label("orders")
    summed = sums([rows.c[name] for name in (*UNITS, *AMOUNTS)])
    [name] = _ordered(connection, [rows.c.name])
    return select(*key, func.max(name).label("name"), placed, *summed).group_by(*key)


def _own(rows: Subquery, question: Question) -> list[ColumnElement[Any]]:
    return [rows.c[name] for name in question.own]


def _ordered(connection: Connection, columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The columns as texts are compared in Python, nulls first. On SQLite all texts are."""
    order = [func.coalesce(column, "") for column in columns]
    return [collate(column, "C") for column in order] if connection.dialect.name == "postgresql" else order


def _size(groups: Subquery, sort: str) -> list[ColumnElement[Any]]:
    """What groups are sorted by, the most significant part first. Their sums are whole or in halves."""
    sums = groups.c
    if sort == "orders":
        return [sums.orders]
    signs = {"net": {"gross": 1, "discounts": -1, "returns": -1}}.get(sort, {sort: 1})
    # Millionths of units are at most a million for each row, so their sum has 64 bits.
    carried, rest = literal(0), []
    if sort == "units":
        part = sums.units_part if "units_part" in sums else sums.units_part_high * 2**exact.HALF + sums.units_part_low
        carried, rest = part // MILLION, [part % MILLION]
    if sort in sums or (sort == "net" and "gross" in sums):
        return [sum((sums[name] * sign for name, sign in signs.items()), carried), *rest]
    high = sum((sums[f"{name}_high"] * sign for name, sign in signs.items()), literal(0))
    low = sum((sums[f"{name}_low"] * sign for name, sign in signs.items()), carried)
    return [high + low.bitwise_rshift(exact.HALF), low.bitwise_and(2**exact.HALF - 1), *rest]
