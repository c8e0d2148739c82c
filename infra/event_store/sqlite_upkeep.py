"""What looks after an event store on SQLite besides its facts: markers, and deleting what is kept only for a time."""

from __future__ import annotations

import json
import sqlite3
from abc import abstractmethod
from collections.abc import Collection
from contextlib import AbstractContextManager
from uuid import UUID

from infra.event_store import sqlite_keys
from infra.event_store.rows import Kept
from infra.event_store.sqlite_log import SqliteLog, unavailable_when_unreachable

UNLINK = (
    "WITH gone AS (SELECT value FROM json_each(?))"
    " DELETE FROM subject_links WHERE other IN (SELECT * FROM gone) AND subject NOT IN (SELECT * FROM gone) AND EXISTS"
    " (SELECT 1 FROM stored_events WHERE originator_id = subject AND originator_version = 1 AND rowid < ?)"
)
LINK = "INSERT OR IGNORE INTO subject_links VALUES (?, ?)"


class SqliteUpkeep(SqliteLog):
    """A subclass gives the connections."""

    @abstractmethod
    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection in a transaction that began as a writer."""

    @unavailable_when_unreachable
    def marker(self, name: str, value: bytes) -> bytes:
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO markers VALUES (?, ?)", [name, value])
            return sqlite_keys.read_marker(connection, name) or b""

    @unavailable_when_unreachable
    def has_marker(self, name: str) -> bool:
        return self.read_marker(name) is not None

    @unavailable_when_unreachable
    def read_marker(self, name: str) -> bytes | None:
        with self._reading() as connection:
            return sqlite_keys.read_marker(connection, name)

    @unavailable_when_unreachable
    def swap_marker(self, name: str, old: bytes | None, new: bytes) -> bool:
        with self._writing() as connection:
            if old is None:
                done = connection.execute("INSERT OR IGNORE INTO markers VALUES (?, ?)", [name, new])
            else:
                done = connection.execute("UPDATE markers SET value = ? WHERE name = ? AND value = ?", [new, name, old])
            return done.rowcount == 1

    @unavailable_when_unreachable
    def remove_marker(self, name: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM markers WHERE name = ?", [name])

    @unavailable_when_unreachable
    def relink(self, subject: UUID, others: Collection[UUID], at: int) -> None:
        gone = json.dumps([one.hex for one in (subject, *others)])
        with self._writing() as connection:
            connection.execute(UNLINK, [gone, at])
            connection.executemany(LINK, [(one.hex, subject.hex) for one in others])

    @unavailable_when_unreachable
    def prune(self, kind: Kept, before: int, after: int, limit: int) -> int | None:
        """`after` is a row id. The writers' lock is taken only if there is something to delete."""
        condition = kind.condition.replace("%s", "?")
        portion = f"SELECT rowid AS id, {condition} AS old FROM {kind.table} WHERE rowid > ? ORDER BY rowid LIMIT ?"
        with self._reading() as connection:
            found = connection.execute(f"SELECT max(id), sum(old) FROM ({portion})", [before, after, limit])
            last, old = found.fetchone()
        if old:
            with self._writing() as connection:
                delete = f"DELETE FROM {kind.table} WHERE rowid > ? AND rowid <= ? AND {condition}"
                connection.execute(delete, [after, last, before])
        return None if last is None else int(last)
