"""The log of deliveries: each try to send a message to a webhook, and how it ended. No rebuild changes it.

It is stored next to the read models. It holds no body, and nothing that the receiver sent except the status of its answer. For
each webhook the latest `KEPT` tries are stored, for at most `LONGEST`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    select,
)

from infra.read_models.database import ROW_NUMBER
from projections.shared.rows import Instant, Row

KEPT = 1_000
LONGEST = timedelta(days=30)

metadata = MetaData()

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("webhook_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("event_position", BigInteger),
    Column("at", Instant, nullable=False, index=True),
    Column("status", Integer),
    Column("milliseconds", Integer, nullable=False),
    Column("error", Text),
    Column("next_try", Instant),
)
Index("ix_delivery_attempts_webhook_id", delivery_attempts.c.webhook_id, delivery_attempts.c.number)

Kind = Literal["event", "redelivery", "test"]


class Attempt(NamedTuple):
    """A try. `message_id` is the webhook-id. `error` is None if the receiver accepted the message.

    `status` is that of the answer; None if there was none.
    """

    webhook_id: UUID
    kind: Kind
    message_id: str
    event_position: int | None
    at: datetime
    status: int | None
    milliseconds: int
    error: str | None = None
    next_try: datetime | None = None


def keep(connection: Connection, attempt: Attempt) -> None:
    connection.execute(insert(delivery_attempts).values(attempt._asdict()))


def latest(connection: Connection, webhook_id: UUID, before: int | None, limit: int) -> list[Row]:
    """Tries of a webhook with numbers below `before`, the latest first."""
    query = _of(webhook_id).limit(limit)
    if before is not None:
        query = query.where(delivery_attempts.c.number < before)
    return [dict(row) for row in connection.execute(query).mappings()]


def prune(connection: Connection, webhook_id: UUID, most: int = KEPT) -> None:
    """Delete the oldest tries of the webhook, so that at most `most` remain."""
    last = connection.execute(_of(webhook_id).offset(most).limit(1)).first()
    if last is not None:
        table = delivery_attempts.c
        connection.execute(delete(delivery_attempts).where(table.webhook_id == webhook_id, table.number <= last.number))


def expire(connection: Connection, now: datetime) -> None:
    """Delete the tries that are older than LONGEST."""
    connection.execute(delete(delivery_attempts).where(delivery_attempts.c.at < now - LONGEST))


def _of(webhook_id: UUID) -> Select[Any]:
    table = delivery_attempts
    return select(table).where(table.c.webhook_id == webhook_id).order_by(table.c.number.desc())
