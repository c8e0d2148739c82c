"""Shadow tables, in which a read model is rebuilt while the live tables still answer, and the swap of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_hex

from sqlalchemy import Connection, Constraint, Index, MetaData, Table, TextClause, inspect, text

from infra.read_models.database import ReadModels
from infra.read_models.tables import wait_for_others

SHADOW, RETIRED = "__rebuild", "__retired"
DELETED_AT_ONCE = 2000

Shadows = Mapping[Table, Table]


def shadows_of(tables: Sequence[Table]) -> dict[Table, Table]:
    """The shadow of each live table. Its indexes get new names each time, because names must be unique in a database."""
    apart = MetaData()
    token = token_hex(4)
    found = {}
    for live in tables:
        shadow = live.to_metadata(apart, name=live.name + SHADOW)
        named: list[Index | Constraint] = [*shadow.indexes, *shadow.constraints]
        for one in named:
            if isinstance(one.name, str):
                one.name = f"{one.name[:50]}_{token}"
        found[live] = shadow
    return found


def drop(connection: Connection, shadows: Shadows) -> None:
    for shadow in shadows.values():
        shadow.drop(connection, checkfirst=True)


def swap(connection: Connection, shadows: Shadows) -> None:
    """Put the shadows in the place of the live tables. The old tables are kept under another name until `drop_retired`."""
    wait_for_others(connection)
    for live, shadow in shadows.items():
        if inspect(connection).has_table(live.name):
            connection.execute(_rename(connection, live.name, live.name + RETIRED))
        connection.execute(_rename(connection, shadow.name, live.name))


def drop_retired(read_models: ReadModels, tables: Sequence[Table]) -> None:
    """Drop the tables that a swap replaced, if any. On SQLite in portions, because it overwrites deleted data."""
    for table in tables:
        with read_models.writer.connect() as connection:
            with connection.begin():
                there = inspect(connection).has_table(table.name + RETIRED)
            if there:
                _drop(connection, table.name + RETIRED)


def _drop(connection: Connection, name: str) -> None:
    quoted = _quoted(connection, name)
    if connection.dialect.name == "sqlite":
        # Some tables have no row ids.
        with connection.begin():
            key = inspect(connection).get_pk_constraint(name)["constrained_columns"]
        columns = ", ".join(_quoted(connection, column) for column in key)
        chosen = f"SELECT {columns} FROM {quoted} LIMIT {DELETED_AT_ONCE}"
        portion = f"DELETE FROM {quoted} WHERE ({columns}) IN ({chosen})"
        deleted = DELETED_AT_ONCE
        while deleted == DELETED_AT_ONCE:
            with connection.begin():
                deleted = connection.execute(text(portion)).rowcount
    with connection.begin():
        connection.execute(text(f"DROP TABLE {quoted}"))


def _rename(connection: Connection, old: str, new: str) -> TextClause:
    return text(f"ALTER TABLE {_quoted(connection, old)} RENAME TO {_quoted(connection, new)}")


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
