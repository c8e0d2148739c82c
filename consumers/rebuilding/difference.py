"""Where two copies of a read model's rows differ first: what to look at, if a recount is not the same.

It names the row and its columns, and shows no value of them, because the values may be personal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, Text, except_, exists, select

Fault = Literal["missing", "surplus", "different"]
Key = tuple[Any, ...]


class Difference(msgspec.Struct, frozen=True):
    """The first row that differs, by the order of the tables and then of their keys.

    `missing`: only the rebuilt rows have it; `surplus`: only the live rows have it; `different`: both have it, with other
    values in `columns`. `key` has the ids and numbers of the row's key; texts are left out, because they may be personal.
    """

    table: str
    fault: Fault
    key: Mapping[str, Any]
    columns: Sequence[str] = ()


def first_difference(connection: Connection, tables: Sequence[Table], rebuilt: Mapping[Table, Table]) -> Difference | None:
    """The first difference, with all rows seen as they are now. None if there is none. It costs about as much as a digest."""
    for table in tables:
        if (found := _first_of(connection, table, rebuilt[table])) is not None:
            return found
    return None


def _first_of(connection: Connection, live: Table, rebuilt: Table) -> Difference | None:
    keys = [key for key in (_only_in(connection, live, rebuilt), _only_in(connection, rebuilt, live)) if key is not None]
    if not keys:
        return None
    key = min(keys)
    names = [str(column.name) for column in live.primary_key.columns]
    shown = {name: value for name, value in zip(names, key, strict=True) if not isinstance(live.c[name].type, Text)}
    if not _has(connection, live, key):
        return Difference(str(live.name), "missing", shown)
    if not _has(connection, rebuilt, key):
        return Difference(str(live.name), "surplus", shown)
    return Difference(str(live.name), "different", shown, _columns(connection, live, rebuilt, key))


def _only_in(connection: Connection, table: Table, other: Table) -> Key | None:
    """The key of the first row of the table that the other one does not have in the same form."""
    apart = except_(select(*table.c), select(*other.c)).subquery()
    key = [apart.c[column.name] for column in table.primary_key.columns]
    row = connection.execute(select(*key).order_by(*key).limit(1)).first()
    return None if row is None else tuple(row)


def _has(connection: Connection, table: Table, key: Key) -> bool:
    found: bool = connection.execute(select(exists().where(*_is(table, key)))).scalar_one()
    return found


def _columns(connection: Connection, live: Table, rebuilt: Table, key: Key) -> Sequence[str]:
    """The columns in which the two rows differ. The database compares them: a damaged value may have no other form."""
    differs = [column.is_distinct_from(rebuilt.c[name]).label(name) for name, column in live.c.items()]
    same_key = [column == rebuilt.c[column.name] for column in live.primary_key.columns]
    row = connection.execute(select(*differs).where(*same_key, *_is(live, key))).mappings().one()
    return [str(name) for name, is_different in row.items() if is_different]


def _is(table: Table, key: Key) -> list[ColumnElement[bool]]:
    return [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
