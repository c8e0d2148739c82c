"""api_keys: the API keys, for listing. It holds no secrets and no digests of secrets."""

from __future__ import annotations

import msgspec
from sqlalchemy import Column, Connection, Text, select

from domain.operations.api_key import ExpirySet, Issued, Revoked
from domain.shared.events import Recorded
from projections.shared.registers import encode, register
from projections.shared.rows import Instant, Row
from projections.shared.tables import aggregates

keys = aggregates(
    "api_keys",
    "key_id",
    Column("label", Text),
    Column("roles", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    versioned=False,
)


def _changes(row: Row, recorded: Recorded) -> Row:
    event, at = recorded.event, recorded.metadata.occurred_at
    if isinstance(event, Issued):
        roles = encode(event.roles).decode()
        return {
            "label": event.label,
            "roles": roles,
            "issued_at": at,
            "expires_at": event.expires_at,
            "revoked_at": None,
        }
    return {"expires_at": event.expires_at} if isinstance(event, ExpirySet) else {"revoked_at": at}


def listing(connection: Connection) -> list[Row]:
    """All keys, the newest first. `roles` is a list. `expires_at` is None if a key never expires, `revoked_at` if it is not."""
    rows = connection.execute(select(keys).order_by(keys.c.issued_at.desc(), keys.c.key_id.desc())).mappings()
    return [dict(row) | {"roles": msgspec.json.decode(row["roles"])} for row in rows]


api_keys = register(keys, 2, (Issued, ExpirySet, Revoked), _changes)
