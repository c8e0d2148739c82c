"""Exact sums of whole numbers that may be too large for 64 bits together.

An amount is less than 10¹⁵ in up to four decimals, so a few hundred of the largest amounts are more than 2⁶³.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, func
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from projections.shared.vectors import Whole

HALF = 32
_LOW = 2**HALF - 1


def sums(values: Whole, groups: Whole, length: int) -> list[int]:
    """The sum of the values in each group; groups are numbered from 0 to `length` - 1."""
    import numpy as np

    if not len(values):
        return [0] * length
    if max(int(values.max()), -int(values.min())) < 2**63 // len(values):
        return _sums(values, groups, length)
    halves = (_sums(half, groups, length) for half in (values >> np.int64(HALF), values & np.int64(_LOW)))
    return [(high << HALF) + low for high, low in zip(*halves, strict=True)]


def _sums(values: Whole, groups: Whole, length: int) -> list[int]:
    import numpy as np

    found = np.zeros(length, np.int64)
    np.add.at(found, groups, values)
    whole: list[int] = found.tolist()
    return whole


# Sums in SQL: PostgreSQL's have as many digits as they need, SQLite's have 64 bits.

Sums = Callable[[Iterable[ColumnElement[int]]], list[ColumnElement[Any]]]


def in_sql(columns: Iterable[ColumnElement[int]]) -> list[ColumnElement[Any]]:
    """The sum of each column, under its name."""
    return [func.sum(column).label(column.name) for column in columns]


def in_halves(columns: Iterable[ColumnElement[int]]) -> list[ColumnElement[Any]]:
    """The sums of both halves of each column, under names that `joined` knows."""
    wide = [(column, column.cast(BigInteger)) for column in columns]
    high = [func.sum(value.bitwise_rshift(HALF)).label(f"{column.name}_high") for column, value in wide]
    return high + [func.sum(value.bitwise_and(_LOW)).label(f"{column.name}_low") for column, value in wide]


def that_never_overflow(connection: Connection) -> Sums:
    """For a query whose rows are used one after another, so that it cannot be sent again."""
    return in_sql if connection.dialect.name == "postgresql" else in_halves


def joined(row: Mapping[str, Any], name: str) -> int:
    """The sum of this name in a row with sums of either kind."""
    if name in row:
        return int(row[name])
    return (int(row[f"{name}_high"]) << HALF) + int(row[f"{name}_low"])


def summed(connection: Connection, query: Callable[[Sums], Select[Any]]) -> Sequence[Mapping[str, Any]]:
    """The rows of the query with these sums; if a sum is too large for SQLite, with the sums of halves."""
    try:
        return connection.execute(query(in_sql)).mappings().all()
    except OperationalError as error:
        if "overflow" not in str(error.orig):
            raise
    return connection.execute(query(in_halves)).mappings().all()
