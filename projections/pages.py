"""Pages of a long list, each going on after the last row of the one before, however the list has grown since."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Select, literal, select, tuple_

from domain.refusals import Malformed
from projections.rows import Instant, Row

LIMIT = 500


class MalformedCursor(Malformed):
    """The cursor is not one that this list gave."""


class Page(NamedTuple):
    """Some rows of a list; `next` is the cursor of the page after it, None at the end."""

    rows: list[Row]
    next: str | None


class Order(NamedTuple):
    """How a list is sorted: by `key`, and by `id` where keys are equal. A personal key never stands in a cursor."""

    key: Column[Any]
    id: Column[UUID]
    descending: bool = False
    personal: bool = False


def page(connection: Connection, query: Select[Any], order: Order, limit: int, cursor: str | None = None) -> Page:
    """At most `limit` rows (500 at most). The query selects the key and the id. Raises MalformedCursor."""
    limit = max(1, min(limit, LIMIT))
    if cursor is not None:
        query = query.where(_after(order, cursor))
    directions = [column.desc() if order.descending else column.asc() for column in (order.key, order.id)]
    rows = [dict(row) for row in connection.execute(query.order_by(*directions).limit(limit + 1)).mappings()]
    more = len(rows) > limit
    return Page(rows[:limit], _cursor(order, rows[limit - 1]) if more else None)


def _cursor(order: Order, row: Row) -> str:
    value = None if order.personal else row[order.key.name]
    return base64.urlsafe_b64encode(msgspec.json.encode((str(order.key.name), value, row[order.id.name]))).decode()


def _after(order: Order, cursor: str) -> ColumnElement[bool]:
    value, id = _read(order, cursor)
    key: Any = literal(value, order.key.type)
    if order.personal:
        key = select(order.key).where(order.id == id).scalar_subquery()
    place, last = tuple_(order.key, order.id), tuple_(key, literal(id, order.id.type))
    return place < last if order.descending else place > last


def _read(order: Order, cursor: str) -> tuple[Any, UUID]:
    kind: Any = type(None) if order.personal else _kind(order.key)
    try:
        name, value, id = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[str, kind, UUID])
    except (binascii.Error, ValueError):
        raise MalformedCursor from None
    if name != order.key.name:
        raise MalformedCursor
    return value, id


def _kind(key: Column[Any]) -> type[Any]:
    return datetime if isinstance(key.type, Instant) else key.type.python_type
