"""Many rows written by one statement on PostgreSQL.

A column travels as one value. psycopg converts each item of a list on its own, so ids and numbers go as the text of an array
instead (measured: a seventh of the time for 64 ids), and texts and bytes in binary form (a quarter, and a twentieth).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

Type = Literal["bigint", "uuid", "text", "bytea"]
PARAMETERS: dict[Type, str] = {
    "bigint": "%s::text::bigint[]",
    "uuid": "%s::text::uuid[]",
    "text": "%b::text[]",
    "bytea": "%b::bytea[]",
}


def ids(values: Iterable[UUID]) -> str:
    """For a parameter `%s::text::uuid[]`."""
    return f"{{{','.join([value.hex for value in values])}}}"


def numbers(values: Iterable[int | None]) -> str:
    """For a parameter `%s::text::bigint[]`."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


class Insert:
    """Inserts rows of these columns. `otherwise` is what happens to a row that is there already."""

    def __init__(self, table: str, columns: Mapping[str, Type], otherwise: str = "") -> None:
        self.table, self._types = table, tuple(columns.values())
        parameters = ", ".join(PARAMETERS[type] for type in self._types)
        self.statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({parameters}) {otherwise}"

    def parameters(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        return [_parameter(type, column) for type, column in zip(self._types, zip(*rows, strict=True), strict=True)]


def _parameter(type: Type, column: Sequence[Any]) -> Any:
    if type == "uuid":
        return ids(column)
    return numbers(column) if type == "bigint" else list(column)
