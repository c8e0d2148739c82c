"""webhooks: where events are sent, and which. How far each has come does not follow from the log, and is kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, MetaData, Select, Table, Text, Uuid, select

from domain.operations.webhook import Paused, Registered, Removed, Resumed, Revised, Subscription, Webhook
from domain.shared.events import Event, Recorded, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows

metadata = MetaData()

WEBHOOK_EVENTS: tuple[type[Event], ...] = tuple(Webhook.events)

webhook_rows = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("subjects", Text, nullable=False),
    Column("irregular", Text),
    Column("personal", Boolean, nullable=False),
    Column("registered_at", Instant, nullable=False, index=True),
    Column("since", BigInteger, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("reason", Text),
    Column("paused_at", Instant),
    Column("removed_at", Instant),
)


class Active(NamedTuple):
    """A webhook to which events are sent, from position `since` on."""

    webhook_id: UUID
    version: int
    since: int


# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, WEBHOOK_EVENTS)]
    known = rows.load(webhook_rows, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(webhook_rows, list(known.values()))


def _after(row: Row, recorded: Recorded) -> Row:
    at = recorded.metadata.occurred_at
    told: Row = {"webhook_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    match recorded.event:
        case Registered(subscription=subscription):
            begun = {"registered_at": at, "since": recorded.position, "removed_at": None}
            told |= _said(subscription) | begun | _turned("active")
        case Revised(subscription=subscription):
            told |= _said(subscription)
        case Paused(reason=reason):
            told |= _turned("paused") | {"reason": reason, "paused_at": at}
        case Resumed():
            told |= _turned("active")
        case Removed():
            told |= _turned("removed") | {"removed_at": at}
    return row | told


def _said(subscription: Subscription) -> Row:
    return {
        "url": subscription.url,
        "types": msgspec.json.encode(subscription.types).decode(),
        "subjects": msgspec.json.encode(subscription.subjects).decode(),
        "irregular": subscription.irregular,
        "personal": subscription.personal,
    }


def _turned(status: str) -> Row:
    return {"status": status, "reason": None, "paused_at": None}


# How it is queried


def get(connection: Connection, webhook_id: UUID) -> Row | None:
    row = connection.execute(select(webhook_rows).where(webhook_rows.c.webhook_id == webhook_id)).mappings().first()
    return None if row is None else _opened(dict(row))


def listing(connection: Connection, *, status: str | None = None, limit: int = 50, cursor: str | None = None) -> Page:
    """Webhooks in the order in which they were registered. Raises MalformedCursor."""
    query: Select[Any] = select(webhook_rows)
    if status is not None:
        query = query.where(webhook_rows.c.status == status)
    found = page(connection, query, Order(webhook_rows.c.registered_at, webhook_rows.c.webhook_id), limit, cursor)
    return found._replace(rows=list(map(_opened, found.rows)))


def active(connection: Connection) -> list[Active]:
    table = webhook_rows.c
    found = select(table.webhook_id, table.version, table.since).where(table.status == "active").order_by(table.webhook_id)
    return [Active(*row) for row in connection.execute(found)]


def _opened(row: Row) -> Row:
    return row | {name: msgspec.json.decode(row[name]) for name in ("types", "subjects")}


webhooks = Projection(
    name="webhooks", version=1, tables=(webhook_rows,), apply=apply, reads=frozenset(map(type_name, WEBHOOK_EVENTS))
)
