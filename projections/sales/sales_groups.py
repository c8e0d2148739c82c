"""Groups of `product_sales`, a span of periods after another, each added up as vectors.

The rows of a span are found through the indexes on their quarters of an hour and on their days.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from heapq import nsmallest
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, func, select

from projections.sales.product_sales import AMOUNTS, MILLION, product_sales_rows
from projections.sales.sales_cursor import Place
from projections.shared import exact, id_vectors
from projections.shared.day_vectors import as_date, as_number, day_of_quarter, periods
from projections.shared.group_vectors import Groups, groups
from projections.shared.occurred import midnight
from projections.shared.reports import Period, first_day, matching, quarter
from projections.shared.vectors import ROWS, Codes, by_place, portions

if TYPE_CHECKING:
    from projections.sales.sales_report import Question
    from projections.shared.vectors import Ids, Whole

DATED = (product_sales_rows.c.quarter, product_sales_rows.c.day)
UNITS = ("units", "units_part", "units_returned", "units_returned_part")
SUMMED = (*UNITS, *AMOUNTS)
NEAR = 8
"""So many quarters around midnight may belong to the day before or after, where clocks are set back over midnight."""

Where = tuple[ColumnElement[bool], ...]


class Sold(NamedTuple):
    """Some groups in the order of their periods and values. Each vector has a number for each group.

    `texts` has the texts of the numbers in the columns of `groups`; the first column is the period.
    """

    question: Question
    groups: Groups
    texts: Sequence[Sequence[str]]
    names: Sequence[str] | None
    orders: Sequence[int]
    sums: Mapping[str, exact.Sums]

    def place(self, group: int) -> Place:
        period, *values = (int(column[group]) for column in self.groups.columns)
        texts = tuple(texts[value] for texts, value in zip(self.texts, values, strict=True))
        return Place(as_date(period) if self.question.period else None, texts)

    def keys(self, groups: Sequence[int]) -> Iterator[dict[str, str | date | None]]:
        """The values of these groups, by the groupings in the order that was asked for, and their currencies."""
        import numpy as np

        places = np.asarray(groups, np.intp)
        periods, *columns = (column[places].tolist() for column in self.groups.columns)
        values: dict[str, list[Any]] = {
            name: [texts[value] or None for value in column]
            for name, texts, column in zip(("currency", *self.question.own), self.texts, columns, strict=True)
        }
        if self.question.period:
            days = {period: as_date(period) for period in set(periods)}
            values[self.question.period] = [days[period] for period in periods]
        names = (*self.question.by, "currency")
        return (dict(zip(names, key, strict=True)) for key in zip(*(values[name] for name in names), strict=True))

    def sizes(self) -> list[int]:
        """What `sort` compares, of each group: orders, minor units, or millionths of units."""
        match self.question.sort:
            case "orders":
                return list(self.orders)
            case "net":
                amounts = zip(*(self.sums[name].every() for name in AMOUNTS), strict=True)
                return [gross - discounts - returns for gross, discounts, returns in amounts]
            case "units":
                units = zip(self.sums["units"].every(), self.sums["units_part"].every(), strict=True)
                return [whole * MILLION + part for whole, part in units]
            case amount:
                return self.sums[amount].every()

    def after(self, place: Place | None) -> range:
        """The groups after this place."""
        every = range(self.groups.length)
        begin = 0 if place is None else bisect_right(every, (place.period or date.min, place.values), key=self._key)
        return every[begin:]

    def best(self, top: int) -> Iterator[tuple[int, Place]]:
        """The `top` largest groups of each period and currency, with places that have their sizes after their currencies."""
        sizes, (periods, currencies) = self.sizes(), (column.tolist() for column in self.groups.columns[:2])
        for _, some in groupby(range(self.groups.length), key=lambda group: (periods[group], currencies[group])):
            for size, group in nsmallest(top, [(-sizes[group], group) for group in some]):
                period, (currency, *own) = self.place(group)
                yield group, Place(period, (currency, str(-size), *own))

    def _key(self, group: int) -> tuple[Any, ...]:
        period, values = self.place(group)
        return period or date.min, values


# Spans


def spans(connection: Connection, question: Question, begin: date | None) -> Iterator[Sold]:
    """All groups from the period that begins on the day `begin` on, some periods at a time; without periods, all at once."""
    if question.period is None:
        yield _sold(connection, question, None, None)
        return
    end, count = max(_earliest(question), begin or date.min), 1
    while day := _next_day(connection, question, end):
        begin = first_day(day, question.period)
        end = _after(begin, question.period, count)
        sold = _sold(connection, question, begin, end)
        rows = len(sold.groups.of_rows)
        count = count * 2 if rows * 2 < ROWS else max(1, count // 2) if rows > ROWS else count
        yield sold


def _earliest(question: Question) -> date:
    """The first day of anything that the question includes; clocks that are set back over midnight return to the day before."""
    first = quarter(midnight(question.from_, question.zone))
    return min(question.from_, *(as_date(day_of_quarter(first + near, question.zone)) for near in range(NEAR)))


def _next_day(connection: Connection, question: Question, day: date) -> date | None:
    """The first day from `day` on that has rows; None if there is none."""
    if day >= question.to:
        return None
    found = []
    for column in DATED:
        where = (*_between(column, question, day, question.to), *_asked(question))
        value = connection.execute(select(func.min(column)).where(*where)).scalar()
        if value is not None:
            found.append(value if column is DATED[1] else as_date(day_of_quarter(value, question.zone)))
    return max(day, min(found)) if found else None


def _after(first: date, period: Period, count: int) -> date:
    """The first day of the period that is `count` periods later, or the last day of all."""
    try:
        if period != "month":
            return first + timedelta(days=count * (7 if period == "week" else 1))
        years, months = divmod(first.month - 1 + count, 12)
        return date(first.year + years, months + 1, 1)
    except (OverflowError, ValueError):
        return date.max


def _asked(question: Question) -> list[ColumnElement[bool]]:
    return matching(product_sales_rows.c, question, ("channel", "product", "category", "currency"))


# Groups of a span


def _sold(connection: Connection, question: Question, first: date | None, end: date | None) -> Sold:
    """The groups of the periods that begin from `first` on and before `end`, or of all days."""
    import numpy as np

    ids, read, codes = _read(connection, question, first, end)
    if first is not None and end is not None:
        asked = (read["periods"] >= as_number(first)) & (read["periods"] < as_number(end))
        ids, read = ids[asked], {name: values[asked] for name, values in read.items()}
    texts = {name: sorted(coded.texts) for name, coded in codes.items()}
    for name, coded in codes.items():
        read[name] = _ranks(coded.texts, texts[name])[read[name]]
    key = ("currency", *question.own)
    found = groups(read["periods"], *(read[name] for name in key))
    orders, _ = id_vectors.numbered(ids)
    names = None
    if "product" in question.own:
        last = np.zeros(found.length, np.int64)
        np.maximum.at(last, found.of_rows, read["name"])
        names = [texts["name"][name] for name in last.tolist()]
    return Sold(
        question=question,
        groups=found,
        texts=[texts[name] for name in key],
        names=names,
        orders=found.different(orders, read["placed"] != 0),
        sums={name: exact.sums(read[name], found.of_rows, found.length) for name in SUMMED},
    )


def _read(
    connection: Connection, question: Question, first: date | None, end: date | None
) -> tuple[Ids, dict[str, Whole], Mapping[str, Codes]]:
    """The rows of the span, and of some quarters before and after it."""
    import numpy as np

    table, nothing = product_sales_rows.c, np.zeros(0, np.int64)
    texts = ("currency", *question.own, *(["name"] if "product" in question.own else []))
    codes, ids = {name: Codes() for name in texts}, [nothing.astype(np.uint64).reshape(-1, 2)]
    parts = [dict.fromkeys(("periods", "placed", *SUMMED, *texts), nothing)]
    for column in DATED:
        where = (*_between(column, question, first or question.from_, end or question.to), *_asked(question))
        columns = {"ids": table.order_id, "periods": column, "placed": table.placed}
        columns |= {name: table[name] for name in (*SUMMED, *texts)}
        for read in portions(connection, columns, where, by_place(connection, product_sales_rows, where)):
            ids.append(read.pop("ids"))
            read |= {name: codes[name].of(read[name]) for name in texts}
            read["periods"] = periods(read["periods"], question.period, question.zone if column is table.quarter else None)
            parts.append(read)
    return np.concatenate(ids), {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, codes


def _between(column: Column[Any], question: Question, first: date, end: date) -> Where:
    """The rows that this column dates on these days, and some quarters before and after; none that the question leaves out.

    There is one bound on each side: an index on SQLite uses one only.
    """
    if column is product_sales_rows.c.day:
        return column >= max(first, question.from_), column < min(end, question.to)
    asked = [quarter(midnight(day, question.zone)) for day in (question.from_, question.to)]
    low, high = (quarter(midnight(day, question.zone)) for day in (first, min(end, question.to)))
    return column >= max(low - NEAR, asked[0]), column < min(high + NEAR, asked[1])


def _ranks(texts: Sequence[str], ordered: Sequence[str]) -> Whole:
    """The place of each text in their order."""
    import numpy as np

    places = {text: place for place, text in enumerate(ordered)}
    return np.array([places[text] for text in texts], np.int64)
