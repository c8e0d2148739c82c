"""The latest requests that were refused because a known key had no permission. No rebuild changes them.

They are stored next to the read models. A request is stored with its route and the id in its path, but without its query and
body, which may be personal. At most `KEPT` requests are stored.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Column, Connection, Index, MetaData, Table, Text, Uuid, delete, func, insert, select

from infra.read_models.database import ROW_NUMBER, ReadModels
from projections.shared.rows import Instant, Row

KEPT = 10_000

metadata = MetaData()

refused_requests = Table(
    "refused_requests",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("about", Uuid),
    Column("reason", Text, nullable=False),
)
Index("ix_refused_requests_key_id", refused_requests.c.key_id, refused_requests.c.number)


class Refused(msgspec.Struct, frozen=True):
    """`about` is the id in the path, if it has one; `reason` names the missing permission."""

    at: datetime
    key_id: str
    method: str
    route: str
    about: UUID | None
    reason: str


def keep(read_models: ReadModels, refused: Refused, most: int = KEPT) -> None:
    """Store the request, and delete old ones so that at most `most` remain."""
    with read_models.writer.begin() as connection:
        connection.execute(insert(refused_requests).values(msgspec.structs.asdict(refused)))
        last = connection.execute(select(func.max(refused_requests.c.number))).scalar_one()
        connection.execute(delete(refused_requests).where(refused_requests.c.number <= last - most))


def latest(connection: Connection, key_id: str | None, before: int | None, limit: int) -> list[Row]:
    """Refused requests of one key or of all keys, with numbers below `before`, the latest first."""
    query = select(refused_requests).order_by(refused_requests.c.number.desc()).limit(limit)
    if key_id is not None:
        query = query.where(refused_requests.c.key_id == key_id)
    if before is not None:
        query = query.where(refused_requests.c.number < before)
    return [dict(row) for row in connection.execute(query).mappings()]
