"""Erased data stays in SQLite's write-ahead log until the log is truncated; this module truncates it."""

from __future__ import annotations

from collections.abc import Iterable

from consumers.projecting.arrivals import Arrival
from infra.read_models.database import ReadModels

WAIT_MILLISECONDS = 50


class Leftovers:
    """Erased data in the write-ahead log of one database; at the start, some may be left from an earlier run.

    If a reader of the database blocks the truncation, every turn tries again.
    """

    def __init__(self, read_models: ReadModels) -> None:
        self._writer = read_models.writer
        self._may_exist = self._writer.dialect.name == "sqlite"

    def note(self, arrived: Iterable[Arrival]) -> None:
        """Notes whether these events erase data. Only SQLite needs it: PostgreSQL overwrites deleted data over time."""
        if self._writer.dialect.name == "sqlite":
            self._may_exist = self._may_exist or any(one.delivery and one.delivery.recorded.event.erases() for one in arrived)

    def wipe(self) -> None:
        """Truncates the write-ahead log if needed. Raises the errors of the database."""
        if self._may_exist:
            pooled = self._writer.raw_connection()
            try:
                cursor = pooled.cursor()
                before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
                cursor.execute(f"PRAGMA busy_timeout = {WAIT_MILLISECONDS}")
                self._may_exist = bool(cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
                cursor.execute(f"PRAGMA busy_timeout = {before}")
            finally:
                pooled.close()
