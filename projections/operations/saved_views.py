"""saved_views: lists that somebody looks at again. What they filter by may name a person, and is told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, MetaData, Select, Table, Text, Uuid, or_, select

from domain.operations.saved_view import Defined, Retired, Revised, SavedView, View
from domain.shared.events import Event, Recorded, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

VIEW_EVENTS: tuple[type[Event], ...] = tuple(SavedView.events)

view_rows = Table(
    "saved_views",
    metadata,
    Column("view_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", SORTED_TEXT, nullable=False, index=True),
    Column("resource", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("sort", Text),
    Column("owner", Text),
    Column("shared", Boolean, nullable=False),
    Column("filters", Text),
    Column("retired_at", Instant),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, VIEW_EVENTS)]
    known = rows.load(view_rows, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(view_rows, list(known.values()))


def _after(row: Row, recorded: Recorded) -> Row:
    told: Row = {"view_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    match recorded.event:
        case Defined(view=view) | Revised(view=view):
            told |= _said(view) | {"retired_at": row.get("retired_at")}
        case Retired():
            told["retired_at"] = recorded.metadata.occurred_at
    return row | told


def _said(view: View) -> Row:
    return {
        **{name: getattr(view, name) for name in ("name", "resource", "sort", "owner", "shared")},
        "fields": msgspec.json.encode(view.fields).decode(),
        "filters": view.filters and msgspec.json.encode(view.filters, order="deterministic").decode(),
    }


# How it is queried


def get(connection: Connection, view_id: UUID) -> Row | None:
    row = connection.execute(select(view_rows).where(view_rows.c.view_id == view_id)).mappings().first()
    return None if row is None else _opened(dict(row))


def listing(
    connection: Connection,
    *,
    resource: str | None = None,
    owner: str | None = None,
    retired: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Views in the order of their names; of an `owner` their own, those that others share, and nobody's.

    Raises MalformedCursor.
    """
    order = Order(view_rows.c.name, view_rows.c.view_id)
    found = page(connection, _filtered(resource, owner, retired), order, limit, cursor)
    return found._replace(rows=list(map(_opened, found.rows)))


def _filtered(resource: str | None, owner: str | None, retired: bool) -> Select[Any]:
    table = view_rows.c
    query: Select[Any] = select(view_rows).where(table.retired_at.is_not(None) if retired else table.retired_at.is_(None))
    if resource is not None:
        query = query.where(table.resource == resource)
    if owner is not None:
        query = query.where(or_(table.owner == owner, table.owner.is_(None), table.shared))
    return query


def _opened(row: Row) -> Row:
    filters = row["filters"] and msgspec.json.decode(row["filters"])
    return row | {"fields": msgspec.json.decode(row["fields"]), "filters": filters}


saved_views = Projection(
    name="saved_views", version=1, tables=(view_rows,), apply=apply, reads=frozenset(map(type_name, VIEW_EVENTS))
)
