"""api_keys: who may call, for listing. No secret and no digest of one is here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, Uuid, select

from domain.api_key import Issued, Revoked
from domain.events import Recorded, type_name
from projections.projection import Delivery, Projection
from projections.rows import Instant, Row, Rows

metadata = MetaData()

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("label", Text),
    Column("roles", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, Issued | Revoked)]
    keys = rows.load(api_keys, {recorded.stream for recorded in mine})
    for recorded in mine:
        keys[recorded.stream] = _after(keys.get(recorded.stream, {}), recorded)
    rows.save(api_keys, list(keys.values()))


def _after(row: Row, recorded: Recorded) -> Row:
    event, at = recorded.event, recorded.metadata.occurred_at
    if isinstance(event, Issued):
        row = {
            "key_id": recorded.stream,
            "label": event.label,
            "roles": msgspec.json.encode(event.roles).decode(),
            "issued_at": at,
            "revoked_at": None,
        }
    return row | {"position": recorded.position} | ({"revoked_at": at} if isinstance(event, Revoked) else {})


def listed(connection: Connection) -> list[Row]:
    """All keys, the oldest first; `roles` is a list, `revoked_at` None where a key is in force."""
    rows = connection.execute(select(api_keys).order_by(api_keys.c.issued_at, api_keys.c.key_id)).mappings()
    return [dict(row) | {"roles": msgspec.json.decode(row["roles"])} for row in rows]


READS = frozenset({type_name(Issued), type_name(Revoked)})

projection = Projection(name="api_keys", version=1, tables=(api_keys,), apply=apply)
