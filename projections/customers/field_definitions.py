"""field_definitions: which attributes are defined, by the kind of thing and the key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, MetaData, Select, Table, Text, Uuid, select

from domain.customers.field_definition import Defined, FieldDefinition, Retired, Revised
from domain.shared.events import Event, Recorded, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

FIELD_EVENTS: tuple[type[Event], ...] = tuple(FieldDefinition.events)

field_rows = Table(
    "field_definitions",
    metadata,
    Column("field_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("entity", Text, nullable=False),
    Column("key", SORTED_TEXT, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("personal", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("retired_at", Instant),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    """Events come to every partition; the row is where the field's own subject lives."""
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, FIELD_EVENTS)]
    known = rows.load(field_rows, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(field_rows, list(known.values()))


def _after(row: Row, recorded: Recorded) -> Row:
    event = recorded.event
    told: Row = {"field_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    match event:
        case Defined():
            told |= {name: getattr(event, name) for name in ("entity", "key", "kind", "personal", "name")}
            told |= {"options": _encoded(event.options), "retired_at": None}
        case Revised(name=name, options=options):
            told |= {"name": name, "options": _encoded(options)}
        case Retired():
            told["retired_at"] = recorded.metadata.occurred_at
    return row | told


def _encoded(options: Sequence[str]) -> str:
    return msgspec.json.encode(options).decode()


# How it is queried


def get(connection: Connection, field_id: UUID) -> Row | None:
    row = connection.execute(select(field_rows).where(field_rows.c.field_id == field_id)).mappings().first()
    return None if row is None else _opened(dict(row))


def listing(
    connection: Connection,
    *,
    entity: str | None = None,
    retired: bool | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Fields in the order of their keys. Raises MalformedCursor."""
    query: Select[Any] = select(field_rows)
    if entity is not None:
        query = query.where(field_rows.c.entity == entity)
    if retired is not None:
        ended = field_rows.c.retired_at
        query = query.where(ended.is_not(None) if retired else ended.is_(None))
    found = page(connection, query, Order(field_rows.c.key, field_rows.c.field_id), limit, cursor)
    return found._replace(rows=list(map(_opened, found.rows)))


def _opened(row: Row) -> Row:
    return row | {"options": msgspec.json.decode(row["options"])}


field_definitions = Projection(
    name="field_definitions", version=1, tables=(field_rows,), apply=apply, reads=frozenset(map(type_name, FIELD_EVENTS))
)
