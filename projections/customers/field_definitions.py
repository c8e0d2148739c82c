"""field_definitions: the defined attributes, by the kind of aggregate and the key."""

from __future__ import annotations

import msgspec
from sqlalchemy import Boolean, Column, Text

from domain.customers.field_definition import Defined, Entity, FieldDefinition, Retired, Revised
from domain.shared.events import Recorded
from projections.shared.lists import Listing
from projections.shared.registers import encode, register
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates, columns

field_rows = aggregates(
    "field_definitions",
    "field_id",
    Column("entity", Text, nullable=False),
    Column("key", SORTED_TEXT, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("personal", Boolean, nullable=False),
    *columns(Text, "name", "options", nullable=False),
    Column("retired_at", Instant),
)


def _changes(row: Row, recorded: Recorded) -> Row:
    event = recorded.event
    match event:
        case Defined():
            defined = {name: getattr(event, name) for name in ("entity", "key", "kind", "personal", "name")}
            return defined | {"options": encode(event.options).decode(), "retired_at": None}
        case Revised(name=name, options=options):
            return {"name": name, "options": encode(options).decode()}
        case Retired():
            return {"retired_at": recorded.metadata.occurred_at}
    return {}


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Fields with all of these values; None matches any."""

    entity: Entity | None = None
    retired: bool | None = None


def _shown(row: Row) -> Row:
    return row | {"options": msgspec.json.decode(row["options"])}


FIELDS = Listing[Filter, str](field_rows, Filter, "key", show=_shown)
get, listing = FIELDS.get, FIELDS.listing

field_definitions = register(field_rows, 1, FieldDefinition.events, _changes)
