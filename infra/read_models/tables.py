"""Creates tables once, also if many processes start at the same moment."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Table, func, inspect, select

from infra.read_models import sqlite_form
from infra.read_models.attempts import delivery_attempts
from infra.read_models.database import ReadModels
from infra.read_models.ground import anchors, ground
from infra.read_models.key_uses import key_uses
from infra.read_models.positions import metadata, settled
from infra.read_models.recounts import recounts
from infra.read_models.refused import refused_requests
from infra.read_models.relay_failures import relay_failures
from infra.read_models.settled import fill
from infra.read_models.troubles import troubles

TABLES_LOCK = 0x5EC0049


def wait_for_others(connection: Connection) -> None:
    """Take a lock: no other process creates or replaces tables during this transaction. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(TABLES_LOCK)))


def create_tables(connection: Connection, tables: Iterable[Table]) -> None:
    """Make the tables that are missing, with their indexes."""
    wait_for_others(connection)
    existing = set(inspect(connection).get_table_names())
    for table in tables:
        if table.name not in existing:
            table.create(connection)


def prepare(read_models: ReadModels) -> None:
    """Create the tables that every deployment needs: positions and what else no rebuild changes."""
    kept = (refused_requests, delivery_attempts, key_uses, troubles, recounts, relay_failures)
    ours = (*metadata.sorted_tables, ground, anchors, *kept)
    with read_models.writer.begin() as connection:
        wait_for_others(connection)
        sqlite_form.take(connection, ours)
        walked = settled.name in inspect(connection).get_table_names()
        create_tables(connection, ours)
        if not walked:
            fill(connection)
