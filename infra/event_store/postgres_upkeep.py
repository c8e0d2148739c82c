"""What looks after an event store on PostgreSQL besides its facts: markers, and deleting what is kept only for a time."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from infra.event_store import postgres_keys
from infra.event_store.postgres_log import PostgresLog, unavailable_when_unreachable
from infra.event_store.rows import Kept

ROWS_OF_A_PAGE = 50
PAGES = "SELECT pg_relation_size(%s) / current_setting('block_size')::bigint AS pages"

UNLINK = (
    "DELETE FROM subject_links WHERE other = ANY(%(gone)s) AND subject <> ALL(%(gone)s) AND EXISTS (SELECT FROM stored_events"
    " WHERE originator_id = subject AND originator_version = 1 AND notification_id < %(at)s)"
)
LINK = "INSERT INTO subject_links SELECT unnest(%s::uuid[]), %s::uuid ON CONFLICT DO NOTHING"


class PostgresUpkeep(PostgresLog):
    """A subclass gives the connections."""

    @unavailable_when_unreachable
    def marker(self, name: str, value: bytes) -> bytes:
        with self._connection() as connection:
            connection.execute("INSERT INTO markers VALUES (%s, %s) ON CONFLICT DO NOTHING", [name, value])
            return postgres_keys.read_marker(connection, name) or b""

    @unavailable_when_unreachable
    def has_marker(self, name: str) -> bool:
        return self.read_marker(name) is not None

    @unavailable_when_unreachable
    def read_marker(self, name: str) -> bytes | None:
        with self._connection() as connection:
            return postgres_keys.read_marker(connection, name)

    @unavailable_when_unreachable
    def swap_marker(self, name: str, old: bytes | None, new: bytes) -> bool:
        with self._connection() as connection:
            if old is None:
                done = connection.execute("INSERT INTO markers VALUES (%s, %s) ON CONFLICT DO NOTHING", [name, new])
            else:
                done = connection.execute("UPDATE markers SET value = %s WHERE name = %s AND value = %s", [new, name, old])
            return bool(done.rowcount == 1)

    @unavailable_when_unreachable
    def remove_marker(self, name: str) -> None:
        with self._connection() as connection:
            connection.execute("DELETE FROM markers WHERE name = %s", [name])

    @unavailable_when_unreachable
    def relink(self, subject: UUID, others: Collection[UUID], at: int) -> None:
        with self._connection() as connection, connection.transaction():
            connection.execute(UNLINK, {"gone": [subject, *others], "at": at})
            connection.execute(LINK, [list(others), subject])

    @unavailable_when_unreachable
    def prune(self, kind: Kept, before: int, after: int, limit: int) -> int | None:
        """`after` counts pages of the table: so a portion needs no index, which each commit would pay for."""
        upto = after + max(1, limit // ROWS_OF_A_PAGE)
        delete = f"DELETE FROM {kind.table} WHERE ctid >= %s::tid AND ctid < %s::tid AND {kind.condition}"
        with self._connection() as connection:
            if after >= connection.execute(PAGES, [kind.table]).fetchone()["pages"]:
                return None
            connection.execute(delete, [f"({after},0)", f"({upto},0)", before])
            return upto
