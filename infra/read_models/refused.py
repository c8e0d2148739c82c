"""What known keys asked for and were not permitted: the latest of it, beside the read models and never touched by a rebuild.

A request is kept by its route and the id in it, not by its text, which may be personal. There are at most `KEPT` of them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, Table, Text, Uuid, delete, func, insert, select

from infra.read_models.database import ReadModels
from projections.shared.rows import Instant, Row

KEPT = 10_000

metadata = MetaData()

# SQLite numbers rows by themselves only in a column that it calls INTEGER.
refused_requests = Table(
    "refused_requests",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("about", Uuid),
    Column("reason", Text, nullable=False),
)
Index("ix_refused_requests_key_id", refused_requests.c.key_id, refused_requests.c.number)


class Refused(msgspec.Struct, frozen=True):
    """`about` is the id in the path, where it has one; `reason` says what would have been needed."""

    at: datetime
    key_id: str
    method: str
    route: str
    about: UUID | None
    reason: str


def keep(read_models: ReadModels, refused: Refused, most: int = KEPT) -> None:
    """Keep it, and no more than `most` with it."""
    with read_models.writer.begin() as connection:
        connection.execute(insert(refused_requests).values(msgspec.structs.asdict(refused)))
        last = connection.execute(select(func.max(refused_requests.c.number))).scalar_one()
        connection.execute(delete(refused_requests).where(refused_requests.c.number <= last - most))


def latest(connection: Connection, key_id: str | None, before: int | None, limit: int) -> list[Row]:
    """The latest first: those of one key, or all, with numbers below `before`."""
    query = select(refused_requests).order_by(refused_requests.c.number.desc()).limit(limit)
    if key_id is not None:
        query = query.where(refused_requests.c.key_id == key_id)
    if before is not None:
        query = query.where(refused_requests.c.number < before)
    return [dict(row) for row in connection.execute(query).mappings()]
