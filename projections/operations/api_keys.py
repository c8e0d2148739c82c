"""api_keys: who may call, for listing. No secret and no digest of one is here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, Uuid, select

from domain.operations.api_key import Issued, Revoked
from domain.shared.events import Recorded, type_name
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows

metadata = MetaData()

keys = Table(
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
    known = rows.load(keys, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(keys, list(known.values()))


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


def listing(connection: Connection) -> list[Row]:
    """All keys, the newest first; `roles` is a list, `revoked_at` None where a key is in force."""
    rows = connection.execute(select(keys).order_by(keys.c.issued_at.desc(), keys.c.key_id.desc())).mappings()
    return [dict(row) | {"roles": msgspec.json.decode(row["roles"])} for row in rows]


api_keys = Projection(
    name="api_keys", version=1, tables=(keys,), apply=apply, reads=frozenset({type_name(Issued), type_name(Revoked)})
)
