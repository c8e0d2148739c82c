"""Counts what is read from SQLite: the rows that Python gets, and the steps of the database's machine.

The projector is not counted: it folds what was recorded before.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

OFTEN = 100
"""SQLite calls back once in so many steps of its virtual machine."""
STEPS = 50
"""So many steps it takes at most to look at a row, to join it and to sort it."""


class Counted:
    """What was read since the last `clear`."""

    def __init__(self) -> None:
        self.fetched = self.calls = 0

    @property
    def rows(self) -> int:
        """The rows that Python got, or those that the database looked at for them, if these are more."""
        return max(self.fetched, self.calls * OFTEN // STEPS)

    def clear(self) -> None:
        self.fetched = self.calls = 0

    def fetch(self, rows: int) -> None:
        if threading.current_thread().name != "projector":
            self.fetched += rows

    def called(self) -> int:
        """What SQLite calls. A result other than 0 would interrupt it."""
        self.calls += threading.current_thread().name != "projector"
        return 0


count = Counted()


class Cursor(sqlite3.Cursor):
    def fetchone(self) -> Any:
        row = super().fetchone()
        count.fetch(row is not None)
        return row

    def fetchmany(self, *size: Any, **named: Any) -> Any:
        rows = super().fetchmany(*size, **named)
        count.fetch(len(rows))
        return rows

    def fetchall(self) -> Any:
        rows = super().fetchall()
        count.fetch(len(rows))
        return rows

    def __next__(self) -> Any:
        row = super().__next__()
        count.fetch(1)
        return row


class Connection(sqlite3.Connection):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.set_progress_handler(count.called, OFTEN)

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)

    # A connection itself uses a cursor of sqlite3's own for these two.
    def execute(self, *args: Any) -> Any:
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:
        return self.cursor().executemany(*args)


@contextmanager
def counted() -> Iterator[Counted]:
    """Counts for all connections that are opened inside."""
    opened = sqlite3.connect

    def connect(*args: Any, **named: Any) -> Any:
        return opened(*args, **{**named, "factory": Connection})

    with patch("sqlite3.connect", connect), patch("sqlite3.dbapi2.connect", connect):
        yield count
