"""webhooks: each webhook's receiver and the events it subscribes to. Delivery progress is not in the log: see `deliveries`."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Text, select

from domain.operations.webhook import (
    FormerSecretsEnded,
    Paused,
    RedeliveryRequested,
    Registered,
    Removed,
    Resumed,
    Revised,
    SecretRotated,
    Status,
    Subscription,
    Webhook,
)
from domain.shared.events import Recorded
from projections.shared.lists import Listing
from projections.shared.registers import encode, register
from projections.shared.rows import Instant, Row
from projections.shared.tables import aggregates, columns

webhook_rows = aggregates(
    "webhooks",
    "webhook_id",
    *columns(Text, "url", "types", "subjects", nullable=False),
    Column("irregular", Text),
    Column("personal", Boolean, nullable=False),
    Column("registered_at", Instant, nullable=False, index=True),
    Column("since", BigInteger, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("reason", Text),
    *columns(Instant, "paused_at", "removed_at", "secret_rotated_at", "former_secrets_until"),
)


class Active(NamedTuple):
    """A webhook to which events are sent, from position `since` on."""

    webhook_id: UUID
    version: int
    since: int


# How events change it


def _changes(row: Row, recorded: Recorded) -> Row:
    at = recorded.metadata.occurred_at
    match recorded.event:
        case Registered(subscription=subscription):
            first = {"registered_at": at, "since": recorded.position}
            never = dict.fromkeys(("removed_at", "secret_rotated_at", "former_secrets_until"))
            return _columns(subscription) | first | never | _status("active")
        case Revised(subscription=subscription):
            return _columns(subscription)
        case Paused(reason=reason):
            return _status("paused") | {"reason": reason, "paused_at": at}
        case Resumed():
            return _status("active")
        case Removed():
            return _status("removed") | {"removed_at": at, "former_secrets_until": None}
        case SecretRotated(former_until=until):
            # An earlier secret may last longer than the one that is replaced now.
            known = row["former_secrets_until"]
            return {"secret_rotated_at": at, "former_secrets_until": until and max(until, known or until)}
        case FormerSecretsEnded():
            return {"former_secrets_until": None}
        case RedeliveryRequested():
            return {}
    return {}


def _columns(subscription: Subscription) -> Row:
    return {
        "url": subscription.url,
        "types": encode(subscription.types).decode(),
        "subjects": encode(subscription.subjects).decode(),
        "irregular": subscription.irregular,
        "personal": subscription.personal,
    }


def _status(status: str) -> Row:
    return {"status": status, "reason": None, "paused_at": None}


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Webhooks with this status; None matches any."""

    status: Status | None = None


def _shown(row: Row) -> Row:
    return row | {name: msgspec.json.decode(row[name]) for name in ("types", "subjects")}


WEBHOOKS = Listing[Filter, str](webhook_rows, Filter, "registered_at", show=_shown)
get, listing = WEBHOOKS.get, WEBHOOKS.listing


def active(connection: Connection) -> list[Active]:
    table = webhook_rows.c
    found = select(table.webhook_id, table.version, table.since).where(table.status == "active").order_by(table.webhook_id)
    return [Active(*row) for row in connection.execute(found)]


webhooks = register(webhook_rows, 2, Webhook.events, _changes)
