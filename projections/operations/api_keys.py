"""api_keys: the API keys, for listing. It holds no secrets and no digests of secrets."""

from __future__ import annotations

import msgspec
from sqlalchemy import Column, Connection, Text, select

from domain.operations.api_key import Issued, Revoked
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
    Column("revoked_at", Instant),
    versioned=False,
)


def _changes(row: Row, recorded: Recorded) -> Row:
    event, at = recorded.event, recorded.metadata.occurred_at
    if isinstance(event, Issued):
        return {"label": event.label, "roles": encode(event.roles).decode(), "issued_at": at, "revoked_at": None}
    return {"revoked_at": at}


def listing(connection: Connection) -> list[Row]:
    """All keys, the newest first. `roles` is a list; `revoked_at` is None while a key is in force."""
    rows = connection.execute(select(keys).order_by(keys.c.issued_at.desc(), keys.c.key_id.desc())).mappings()
    return [dict(row) | {"roles": msgspec.json.decode(row["roles"])} for row in rows]


api_keys = register(keys, 1, (Issued, Revoked), _changes)
