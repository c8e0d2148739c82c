"""The form in which the file of the read models stores ids and moments on SQLite.

Form 0 has them as text. A file of another form than FORM gets it before anything else is read: what no rebuild makes again is
converted, and the read models begin again at the start of the log, so nobody has to rebuild them. Events that a person has
discarded stay discarded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog
from sqlalchemy import Connection, Table, Uuid, delete, inspect, text

from infra.read_models.positions import dead_letters, positions, projections
from projections.shared.rows import EPOCH, MICROSECOND, Instant

FORM = 1

log = structlog.get_logger()


def take(connection: Connection, ours: Sequence[Table]) -> None:
    """Give the file the form, in a transaction of the caller. `ours` are the tables that no rebuild makes again."""
    if connection.dialect.name != "sqlite" or _form(connection) == FORM:
        return
    existing = set(inspect(connection).get_table_names())
    for table in ours:
        if table.name in existing:
            _convert(connection, table)
    if projections.name in existing:
        _begin_again(connection, existing - {table.name for table in ours})
    connection.exec_driver_sql(f"PRAGMA user_version = {FORM}")


def _form(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _convert(connection: Connection, table: Table) -> None:
    driver = connection.connection.driver_connection
    assert driver
    driver.create_function("as_id", 1, _id, deterministic=True)
    driver.create_function("as_moment", 1, _moment, deterministic=True)
    convert = {Uuid: "as_id", Instant: "as_moment"}
    changed = [
        f'"{column.name}" = {function}("{column.name}")'
        for column in table.c
        for kind, function in convert.items()
        if isinstance(column.type, kind)
    ]
    if changed:
        connection.execute(text(f'UPDATE "{table.name}" SET {", ".join(changed)}'))


def _begin_again(connection: Connection, tables: set[str]) -> None:
    log.warning("read_models.begin_again", reason="the file has an earlier form; all read models are folded from the log")
    for name in sorted(tables):
        connection.execute(text(f'DROP TABLE "{name}"'))
    connection.execute(delete(dead_letters).where(dead_letters.c.discarded == 0))
    for table in (positions, projections):
        connection.execute(delete(table))


def _id(value: str | None) -> bytes | None:
    return None if value is None else UUID(value).bytes


def _moment(value: str | None) -> int | None:
    return None if value is None else (datetime.fromisoformat(value).replace(tzinfo=UTC) - EPOCH) // MICROSECOND
