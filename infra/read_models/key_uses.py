"""When each API key was last used. Stored next to the read models; a rebuild never changes it.

A use is not a fact of the log: it is noted at most once a minute, and a crash may lose the last minute.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Connection, MetaData, Table, Uuid, select

from infra.read_models.database import ReadModels, insert
from projections.shared.rows import Instant

metadata = MetaData()

key_uses = Table(
    "key_uses",
    metadata,
    Column("key_id", Uuid, primary_key=True),
    Column("last_used_at", Instant, nullable=False),
)


def note(read_models: ReadModels, uses: Mapping[UUID, datetime]) -> None:
    """Store the uses. If another process has stored a later one, that one stays."""
    with read_models.writer.begin() as connection:
        new = insert(connection, key_uses)
        latest = new.on_conflict_do_update(
            index_elements=[key_uses.c.key_id],
            set_={"last_used_at": new.excluded.last_used_at},
            where=key_uses.c.last_used_at < new.excluded.last_used_at,
        )
        # Two processes that lock the same rows in the same order do not wait for each other in a circle.
        connection.execute(latest, [{"key_id": id, "last_used_at": uses[id]} for id in sorted(uses)])


def last_uses(connection: Connection, keys: Collection[UUID]) -> dict[UUID, datetime]:
    """The last use of each of these keys. A key that was never used is missing."""
    query = select(key_uses.c.key_id, key_uses.c.last_used_at).where(key_uses.c.key_id.in_(keys))
    return {row.key_id: row.last_used_at for row in connection.execute(query)}
