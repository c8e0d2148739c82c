"""A text that differs if any row of any read model may differ: every transaction that writes rows changes it.

Rows are written with their position, with the place of a walk, or with what becomes of a dead letter; and a rebuild puts other
tables in the place of the old ones.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Text, cast, func, literal_column, select, text, type_coerce

from infra.read_models.positions import dead_letters, positions, projections, settled
from projections.shared.frames import Version

_TABLES = {
    "sqlite": "SELECT schema_version FROM pragma_schema_version",
    "postgresql": (
        "SELECT string_agg(relname || ' ' || oid || ' ' || relfilenode, ',' ORDER BY relname) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    ),
}


def rows_version(connection: Connection) -> Version:
    """The version of what this connection sees: it must read one moment."""
    dialect = connection.dialect.name
    seen = connection.execute(_SEEN[dialect]).one()
    tables = connection.execute(text(_TABLES[dialect])).scalar_one()
    lines = ("\n".join(sorted((lines or "").split("\n"))) for lines in seen[1:])
    return Version("\n\n".join((*lines, str(tables))), seen[0] or 0)


def _seen(dialect: str) -> Any:
    held, walk, letter = positions.c, settled.c, dead_letters.c
    cursor = func.hex(type_coerce(walk.cursor, LargeBinary)) if dialect == "sqlite" else walk.cursor
    return select(
        select(func.max(held.position)).scalar_subquery(),
        _lines(held.projection, held.partition, held.position, held.next_offset, held.topic_id),
        _lines(projections.c.name, projections.c.version, projections.c.partitions),
        _lines(walk.projection, walk.partition, walk.upto, walk.target, cursor),
        _lines(letter.projection, letter.position, letter.partition, letter.discarded, letter.tries),
    )


def _lines(*columns: ColumnElement[Any]) -> Any:
    """The values of all rows: a line for each row, with a space after each value."""
    line: ColumnElement[Any] = literal_column("''", Text)
    for column in columns:
        line = line.concat(func.coalesce(cast(column, Text), "-")).concat(" ")
    return select(func.aggregate_strings(line, "\n")).scalar_subquery()


_SEEN = {dialect: _seen(dialect) for dialect in _TABLES}
