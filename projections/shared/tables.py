"""Kinds of tables that read models share: one row per aggregate, and one row per value of a set such as its tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, Uuid

INTERNAL: Any = {"internal": True}
"""The `info` of a column that only reports read: answers show no such field."""
SORTED: Any = {"sorted": True}
"""The `info` of a column that a list is sorted by. Its index has the key too, as the list's order has: thousands of rows of an
import have the same time, and a page would have to sort them all."""


POSITION = BigInteger().with_variant(Integer, "sqlite")
"""The type of a position that is the whole key of a table. SQLite keeps rows in its order if its type is INTEGER."""


def table(name: str, *columns: Column[Any], narrow: bool = False, roomy: bool = False) -> Table:
    """`narrow`: rows have some hundred bytes at most. SQLite keeps them in the index of their key, and no second copy of it.

    `roomy`: all rows are often replaced together. PostgreSQL leaves half of a page free for it, and need not touch the indexes.
    """
    made = Table(name, MetaData(), *columns, sqlite_with_rowid=not narrow, postgresql_with={"fillfactor": 50} if roomy else {})
    for column in [one for one in columns if "sorted" in one.info]:
        Index(f"ix_{name}_{column.name}", column, next(iter(made.primary_key)))
    return made


def index_of_days(days: Column[Any]) -> None:
    """An index of the few rows that are dated by a day of their own: each part of `occurred.within` needs an index."""
    there = days.is_not(None)
    Index(f"ix_{days.table.name}_{days.name}", days, sqlite_where=there, postgresql_where=there)


def aggregates(
    name: str, key: str, *columns: Column[Any], subject: bool = False, by_position: bool = False, versioned: bool = True
) -> Table:
    """One row per aggregate, by its id. `position` is that of the aggregate's last event; `by_position` adds an index on it."""
    return table(
        name,
        Column(key, Uuid, primary_key=True),
        *([Column("subject", Uuid, nullable=False)] if subject else []),
        Column("position", BigInteger, nullable=False, index=by_position),
        *([Column("version", Integer, nullable=False)] if versioned else []),
        *columns,
    )


def several(thing: str, value: str) -> Table:
    """A set of values of an aggregate, such as its tags: one row per value, with an index on the values."""
    key = f"{thing}_id"
    columns = (Column(key, Uuid, primary_key=True), Column(value, Text, primary_key=True))
    made = table(f"{thing}_{value}s", *columns, narrow=True)
    Index(f"ix_{made.name}_{value}", made.c[value], made.c[key])
    return made


def columns(kind: Any, *names: str, nullable: bool = True) -> Iterator[Column[Any]]:
    """Several columns of the same type."""
    return (Column(name, kind, nullable=nullable) for name in names)
