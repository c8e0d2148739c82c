"""The tables that read models have alike: a row for each aggregate, and beside it what it has several of or is personal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, Uuid


def table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, MetaData(), *columns)


def aggregates(
    name: str, key: str, *columns: Column[Any], subject: bool = False, by_position: bool = False, versioned: bool = True
) -> Table:
    """A row for each aggregate, under its id; `position` is that of its last event, `by_position` makes an index of it."""
    return table(
        name,
        Column(key, Uuid, primary_key=True),
        *([Column("subject", Uuid, nullable=False)] if subject else []),
        Column("position", BigInteger, nullable=False, index=by_position),
        *([Column("version", Integer, nullable=False)] if versioned else []),
        *columns,
    )


def several(thing: str, value: str) -> Table:
    """What a thing has several of, such as tags: a row for each, and an index of the values."""
    key = f"{thing}_id"
    made = table(f"{thing}_{value}s", Column(key, Uuid, primary_key=True), Column(value, Text, primary_key=True))
    Index(f"ix_{made.name}_{value}", made.c[value], made.c[key])
    return made


def columns(kind: Any, *names: str, nullable: bool = True) -> Iterator[Column[Any]]:
    """Several plain columns of one kind, one after the other."""
    return (Column(name, kind, nullable=nullable) for name in names)
