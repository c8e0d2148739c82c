"""A fingerprint of a read model's rows, which does not depend on their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b

import msgspec
from sqlalchemy import Connection, Table

from infra.read_models.database import ReadModels

FETCHED_AT_ONCE = 2000
SIZE = 16

_encode = msgspec.json.Encoder(order="deterministic").encode


@contextmanager
def one_moment(read_models: ReadModels) -> Iterator[Connection]:
    """A connection that sees everything as of its first query, and blocks nobody."""
    with read_models.reader.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def digest(connection: Connection, tables: Iterable[Table], stand_ins: Mapping[Table, Table] | None = None) -> str:
    """For each table, the number of rows and the sum of their BLAKE2b hashes (128 bits, hexadecimal).

    `stand_ins` are tables to read in the place of others. Digests of different database engines cannot be compared.
    """
    return " ".join(_digest(connection, table, (stand_ins or {}).get(table, table)) for table in tables)


def _digest(connection: Connection, named: Table, table: Table) -> str:
    total = rows = 0
    for row in _each(connection, table):
        total += int.from_bytes(blake2b(row, digest_size=SIZE).digest())
        rows += 1
    return f"{named.name}:{rows}:{total % 2 ** (8 * SIZE):0{2 * SIZE}x}"


def _each(connection: Connection, table: Table) -> Iterator[bytes]:
    """Each row as the engine gives it: on PostgreSQL as one text, on SQLite as a JSON array. No value is converted."""
    quoted = connection.dialect.identifier_preparer.format_table(table)
    as_text = connection.dialect.name == "postgresql"
    query = f"SELECT whole::text FROM {quoted} AS whole" if as_text else f"SELECT * FROM {quoted}"
    found = connection.exec_driver_sql(query, execution_options=_streaming(connection))
    for some in found.partitions(FETCHED_AT_ONCE):
        if as_text:
            yield from (text.encode() for (text,) in some)
        else:
            yield from (_encode(tuple(row)) for row in some)


def _streaming(connection: Connection) -> dict[str, int]:
    """PostgreSQL streams rows only inside a transaction."""
    driver = connection.connection.driver_connection
    if connection.dialect.name == "postgresql" and driver is not None and driver.autocommit:
        return {}
    return {"yield_per": FETCHED_AT_ONCE}
