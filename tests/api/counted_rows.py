"""Counts what is read from SQLite: the rows that Python gets, and the steps of the database's machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

STEPS = 100
"""SQLite calls back once in so many steps of its virtual machine. To look at a row takes some ten steps."""


class Counted:
    """What was read since the last `clear`."""

    def __init__(self) -> None:
        self.rows = self.calls = 0

    @property
    def steps(self) -> int:
        return self.calls * STEPS

    def clear(self) -> None:
        self.rows = self.calls = 0


@contextmanager
def counted() -> Iterator[Counted]:
    """Counts for all connections that are opened inside."""
    count = Counted()

    class Cursor(sqlite3.Cursor):
        def fetchone(self) -> Any:
            row = super().fetchone()
            count.rows += row is not None
            return row

        def fetchmany(self, *size: Any, **named: Any) -> Any:
            rows = super().fetchmany(*size, **named)
            count.rows += len(rows)
            return rows

        def fetchall(self) -> Any:
            rows = super().fetchall()
            count.rows += len(rows)
            return rows

        def __next__(self) -> Any:
            row = super().__next__()
            count.rows += 1
            return row

    def called() -> int:
        count.calls += 1
        return 0

    class Connection(sqlite3.Connection):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self.set_progress_handler(called, STEPS)

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        # Of a connection, these two use a cursor of their own.
        def execute(self, *args: Any) -> Any:
            return self.cursor().execute(*args)

        def executemany(self, *args: Any) -> Any:
            return self.cursor().executemany(*args)

    open_connection = sqlite3.connect

    def connect(*args: Any, **named: Any) -> Any:
        return open_connection(*args, **{**named, "factory": Connection})

    with patch("sqlite3.connect", connect), patch("sqlite3.dbapi2.connect", connect):
        yield count
