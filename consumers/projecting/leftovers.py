"""What an erasure purged is still in SQLite's write-ahead log, and goes when that is truncated."""

from __future__ import annotations

from collections.abc import Iterable

from consumers.projecting.arrivals import Arrival
from infra.read_models.database import ReadModels

WAIT_MILLISECONDS = 50


class Leftovers:
    """Of one database. There may be some from before; while a reader is in the way, every turn tries again."""

    def __init__(self, read_models: ReadModels) -> None:
        self._writer = read_models.writer
        self._there = self._writer.dialect.name == "sqlite"

    def note(self, arrived: Iterable[Arrival]) -> None:
        """PostgreSQL overwrites in its own time what was deleted there."""
        if self._writer.dialect.name == "sqlite":
            self._there = self._there or any(one.delivery and one.delivery.recorded.event.erases() for one in arrived)

    def wipe(self) -> None:
        """Raises what the database raises."""
        if self._there:
            pooled = self._writer.raw_connection()
            try:
                cursor = pooled.cursor()
                before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
                cursor.execute(f"PRAGMA busy_timeout = {WAIT_MILLISECONDS}")
                self._there = bool(cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
                cursor.execute(f"PRAGMA busy_timeout = {before}")
            finally:
                pooled.close()
