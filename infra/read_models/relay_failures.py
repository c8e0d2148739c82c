"""The last failure of the relay to each topic: when and why it sent nothing for a turn. A later success leaves it there.

Stored next to the positions of the read models, because the process that relays is not the one that is asked.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Column, Connection, MetaData, Table, Text, select

from infra.read_models.database import insert
from projections.shared.rows import Instant

LONGEST = 300

metadata = MetaData()

relay_failures = Table(
    "relay_failures",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("error", Text, nullable=False),
    Column("detail", Text, nullable=False),
)


class RelayFailure(msgspec.Struct, frozen=True):
    """`error` is the kind of the failure, and `detail` its first 300 characters."""

    at: datetime
    error: str
    detail: str


def keep(connection: Connection, topic: str, failure: RelayFailure) -> None:
    """Store it in the place of the last one of this topic."""
    row = {"topic": topic, "at": failure.at, "error": failure.error, "detail": failure.detail[:LONGEST]}
    new = insert(connection, relay_failures).values(row)
    rest = {name: new.excluded[name] for name in ("at", "error", "detail")}
    connection.execute(new.on_conflict_do_update(index_elements=[relay_failures.c.topic], set_=rest))


def last(connection: Connection, topic: str) -> RelayFailure | None:
    row = connection.execute(select(relay_failures).where(relay_failures.c.topic == topic)).one_or_none()
    return None if row is None else RelayFailure(row.at, row.error, row.detail)
