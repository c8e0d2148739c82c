"""saved_views: lists saved with their filters, fields and order. A filter may name a person, so `filters` is personal data."""

from __future__ import annotations

import msgspec
from sqlalchemy import Boolean, Column, ColumnElement, Text, or_

from domain.operations.saved_view import Defined, Retired, Revised, SavedView, View
from domain.shared.events import Recorded
from projections.shared.lists import Listing
from projections.shared.registers import encode, register
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates, columns

view_rows = aggregates(
    "saved_views",
    "view_id",
    Column("name", SORTED_TEXT, nullable=False, index=True),
    *columns(Text, "resource", "fields", nullable=False),
    *columns(Text, "sort", "owner"),
    Column("shared", Boolean, nullable=False),
    Column("filters", Text),
    Column("retired_at", Instant),
)


def _changes(row: Row, recorded: Recorded) -> Row:
    match recorded.event:
        case Defined(view=view) | Revised(view=view):
            return _columns(view) | {"retired_at": row.get("retired_at")}
        case Retired():
            return {"retired_at": recorded.metadata.occurred_at}
    return {}


def _columns(view: View) -> Row:
    return {
        **{name: getattr(view, name) for name in ("name", "resource", "sort", "owner", "shared")},
        "fields": encode(view.fields).decode(),
        "filters": view.filters and encode(view.filters).decode(),
    }


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Views that match all of these; `owner` matches the owner's views, shared views and views without an owner."""

    resource: str | None = None
    owner: str | None = None
    retired: bool = False


def _of_owner(owner: str) -> ColumnElement[bool]:
    table = view_rows.c
    return or_(table.owner == owner, table.owner.is_(None), table.shared)


def _shown(row: Row) -> Row:
    filters = row["filters"] and msgspec.json.decode(row["filters"])
    return row | {"fields": msgspec.json.decode(row["fields"]), "filters": filters}


VIEWS = Listing[Filter, str](view_rows, Filter, "name", show=_shown, rules={"owner": _of_owner})
get, listing = VIEWS.get, VIEWS.listing

saved_views = register(view_rows, 1, SavedView.events, _changes)
