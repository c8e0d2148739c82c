"""A database that is put back to an earlier moment, as from a backup: all of it, or the log alone."""

from __future__ import annotations

from collections.abc import Collection

import psycopg
from psycopg.sql import SQL, Identifier

LOG = (
    *("stored_events", "event_terms", "event_index", "batches", "subject_keys", "subject_links", "claims", "counters"),
    *("markers", "receipts"),
)
"""The tables of the event store."""
SEQUENCE = "pg_get_serial_sequence('stored_events', 'notification_id')"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
COLUMNS = """SELECT column_name FROM information_schema.columns
WHERE table_schema = 'kept' AND table_name = %s AND column_name IN (
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
)"""


def keep(url: str) -> None:
    """Keep a copy of every table as it is now, in one transaction, in place of an earlier copy."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SET LOCAL client_min_messages = error")
        connection.execute("DROP SCHEMA IF EXISTS kept CASCADE")
        connection.execute("CREATE SCHEMA kept")
        for (name,) in connection.execute(TABLES, ["public"]).fetchall():
            connection.execute(SQL("CREATE TABLE kept.{0} AS TABLE public.{0}").format(Identifier(name)))


def put_back(url: str, only: Collection[str] | None = None) -> None:
    """Give the tables, or some of them, the rows of the copy, and the log the next position that it had."""
    with psycopg.connect(url) as connection:
        for (name,) in connection.execute(TABLES, ["kept"]).fetchall():
            if only is None or name in only:
                table = Identifier(name)
                columns = SQL(", ").join(Identifier(column) for (column,) in connection.execute(COLUMNS, [name, name]))
                connection.execute(SQL("TRUNCATE public.{}").format(table))
                connection.execute(SQL("INSERT INTO public.{0} ({1}) SELECT {1} FROM kept.{0}").format(table, columns))
        connection.execute(f"SELECT setval({SEQUENCE}, max(notification_id)) FROM stored_events")
