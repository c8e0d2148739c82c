"""Names that many rows repeat, such as types of events, each stored once. The rows have its number instead.

A number is 64 bits of a hash, so that every partition, batch and rebuild gives a name the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from sqlalchemy import BigInteger, Column, Connection, Table, Text, select

from projections.shared import tables
from projections.shared.rows import Rows


def table(name: str) -> Table:
    """A table of names. Both columns are its key: a name never changes, so it is written only if it is missing."""
    return tables.table(
        name, Column("number", BigInteger, primary_key=True), Column("name", Text, primary_key=True), narrow=True
    )


@lru_cache(maxsize=65_536)
def number(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


def keep(rows: Rows, kept: Table, names: Iterable[str]) -> None:
    """Write the names that the table lacks."""
    numbered = {(number(name), name) for name in names}
    missing = numbered - rows.load(kept, numbered).keys()
    rows.save(kept, [{"number": number, "name": name} for number, name in sorted(missing)])


def of(connection: Connection, kept: Table, numbers: Iterable[int]) -> dict[int, str]:
    """The names that have these numbers."""
    found = connection.execute(select(kept).where(kept.c.number.in_(set(numbers))))
    return {row.number: row.name for row in found}
