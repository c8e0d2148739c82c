"""The database of the read models: PostgreSQL, or the second SQLite file of the embedded deployment.

Read models can be rebuilt from the log, and they store their position in the same transaction as their rows. So their commits
need not wait for the disk: a crash reverts rows and position together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, Engine, Integer, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite

from projections.shared.raw_ids import store_raw_ids

POOL = 20
IN_UTC = "-c timezone=UTC"
"""PostgreSQL sends instants in the session's zone. In another zone the first and last hours of the calendar do not fit."""
ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""The type of a primary key that the database counts up: SQLite does so only in a column of the type INTEGER."""


def insert(connection: Connection, table: Table) -> Any:
    """An insert into the table that can say what to do about rows that are there already: see `on_conflict_do_update`."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


class ReadModels(msgspec.Struct, frozen=True):
    """`writer` begins every transaction as a writer; `reader` never blocks a writer."""

    writer: Engine
    reader: Engine

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def postgres_read_models(url: str) -> ReadModels:
    """Read models in the PostgreSQL database at `url` (postgresql://...)."""
    driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    limits = "-c synchronous_commit=off -c idle_in_transaction_session_timeout=30s -c lock_timeout=10s"
    writer = create_engine(driver_url, pool_size=4, connect_args={"options": f"{IN_UTC} {limits}"}, hide_parameters=True)
    reader = create_engine(
        driver_url,
        pool_size=POOL,
        max_overflow=POOL,
        isolation_level="AUTOCOMMIT",
        connect_args={"options": IN_UTC},
        hide_parameters=True,
    )
    _send_arrays_as_binary(writer)
    return ReadModels(writer, reader)


def _send_arrays_as_binary(engine: Engine) -> None:
    """Sent as text, every quotation mark in an array of JSON is escaped in Python: that took half the time of a rebuild."""

    from psycopg.types.array import ListBinaryDumper

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.adapters.register_dumper(list, ListBinaryDumper)


def sqlite_read_models(path: Path) -> ReadModels:
    """Read models in the SQLite file at `path`, which is created if it is missing."""
    return ReadModels(_sqlite_engine(path, "BEGIN IMMEDIATE"), _sqlite_engine(path, "BEGIN"))


def _sqlite_engine(path: Path, begin: str) -> Engine:
    arguments = {"timeout": 10, "check_same_thread": False}
    engine = create_engine(f"sqlite:///{path}", connect_args=arguments, pool_size=POOL, hide_parameters=True)
    store_raw_ids(engine)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON", "cache_size = -65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
