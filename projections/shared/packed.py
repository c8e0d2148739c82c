"""Reads values of many rows at a time: the database joins the values of thousands of rows into one.

No Python object is made for a row, and other threads run while the database joins. So a report over a million rows is fast and
holds up no request. Portions follow the order in which rows are stored, so all of them must be read at one moment: see
`one_moment`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    Text,
    Uuid,
    cast,
    event,
    func,
    literal_column,
    select,
    text,
    true,
    type_coerce,
)

ROWS, PAGES = 20_000, 1_000
"""A portion has so many rows on SQLite, and the rows of so many pages on PostgreSQL."""
FEW = 10_000
"""So many rows are one portion. They are found through an index, if there is one."""
BINARY = 1


class Portion(NamedTuple):
    """Some rows: their number, and for each column its values, joined: bytes without separators, texts by line feeds.

    An id has 16 bytes.
    """

    rows: int
    joined: list[Any]


def portions(
    connection: Connection,
    table: Table,
    columns: Sequence[ColumnElement[Any]],
    where: Sequence[ColumnElement[bool]] = (),
    *,
    few: bool = False,
) -> Iterator[Portion]:
    """The values of the columns in the rows that meet the conditions. No value is NULL, and no text has a line feed.

    If the conditions may select `few` rows, these are read through an index, instead of the whole table.
    """
    postgres = connection.dialect.name == "postgresql"
    query = select(func.count(), *(_joined(column, postgres) for column in columns)).select_from(table).where(*where)
    for part in [true()] if few and _are_few(connection, table, where) else _parts(connection, table, postgres):
        rows, *joined = _fetched(connection, query.where(part), postgres)
        if rows:
            yield Portion(rows, [_value(column, value) for column, value in zip(columns, joined, strict=True)])


def _joined(column: ColumnElement[Any], postgres: bool) -> ColumnElement[Any]:
    if isinstance(column.type, Uuid):
        sent, texts = func.uuid_send(column), type_coerce(column, Text)
        return func.string_agg(sent, _NOTHING) if postgres else func.group_concat(texts, "")
    if isinstance(column.type, LargeBinary):
        return func.string_agg(column, _NOTHING) if postgres else cast(func.group_concat(column, ""), LargeBinary)
    return func.string_agg(column, "\n") if postgres else func.group_concat(column, "\n")


_NOTHING: ColumnElement[Any] = literal_column("''::bytea")


def _value(column: ColumnElement[Any], joined: Any) -> Any:
    return bytes.fromhex(joined) if isinstance(column.type, Uuid) and isinstance(joined, str) else joined


def _are_few(connection: Connection, table: Table, where: Sequence[ColumnElement[bool]]) -> bool:
    some = select(literal_column("1")).select_from(table).where(*where).limit(FEW + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one() <= FEW


def _parts(connection: Connection, table: Table, postgres: bool) -> Iterator[ColumnElement[bool]]:
    """Conditions that divide the table by where its rows are stored."""
    if postgres:
        pages = connection.execute(_PAGES, {"name": table.name}).scalar_one()
        for page in range(0, pages, PAGES):
            edges = {"first": f"({page},0)", "after": f"({page + PAGES},0)"}
            yield text("ctid >= CAST(:first AS tid) AND ctid < CAST(:after AS tid)").bindparams(**edges)  # type: ignore[misc]
        return
    row = literal_column("rowid", BigInteger)
    last = connection.execute(select(func.max(row)).select_from(table)).scalar_one() or 0
    for first in range(1, last + 1, ROWS):
        yield row.between(first, first + ROWS - 1)


_PAGES = text("SELECT pg_relation_size(CAST(:name AS regclass)) / CAST(current_setting('block_size') AS bigint)")


def _fetched(connection: Connection, query: Any, postgres: bool) -> Any:
    """The only row of the query. PostgreSQL sends bytes as they are, instead of as text."""
    if not postgres:
        return connection.execute(query).one()

    def in_binary(_: Any, cursor: Any, *__: Any) -> None:
        cursor.format = BINARY

    event.listen(connection, "before_cursor_execute", in_binary)
    try:
        return connection.execute(query).one()
    finally:
        event.remove(connection, "before_cursor_execute", in_binary)
