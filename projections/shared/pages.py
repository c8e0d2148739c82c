"""Pages of a long list. Each page continues after the last row of the page before, even if the list has grown since."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Integer, Select, String, literal, select, tuple_

from domain.shared.refusals import Malformed
from projections.shared.rows import Instant, Row

LIMIT = 500

KINDS: tuple[tuple[type[Any], Any], ...] = (
    (Instant, Annotated[datetime, Meta(tz=True)]),
    (BigInteger, Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]),
    (Integer, Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]),
    (String, Annotated[str, Meta(pattern=r"^[^\x00]*$")]),
)
"""By type of column, where a value of its Python type is not always one of the column: the values that it can have."""


class MalformedCursor(Malformed):
    """The cursor is not one that this list returned."""


class Page(NamedTuple):
    """Some rows of a list; `next` is the cursor of the next page, None on the last page."""

    rows: list[Row]
    next: str | None


class Order(NamedTuple):
    """How a list is sorted: by `key`, then by `id`. A cursor never contains a personal key."""

    key: Column[Any]
    id: Column[UUID]
    descending: bool = False
    personal: bool = False


class Place(NamedTuple):
    """The last row of a page: its sort key and its id."""

    value: Any
    id: UUID


def page(connection: Connection, query: Select[Any], order: Order, limit: int, cursor: str | None = None) -> Page:
    """At most `limit` rows, and never more than 500; rows without the key come last. The query selects the key and the id.

    Raises MalformedCursor.
    """
    limit = max(1, min(limit, LIMIT))
    rows: list[Row] = []
    for part in _parts(query, order, None if cursor is None else place_of(order, cursor)):
        if len(rows) <= limit:
            rows += [dict(row) for row in connection.execute(part.limit(limit + 1 - len(rows))).mappings()]
    more = len(rows) > limit
    return Page(rows[:limit], cursor_after(order, rows[limit - 1]) if more else None)


def cursor_after(order: Order, row: Row) -> str:
    """The cursor of the page that begins after this row."""
    value = None if order.personal else row[order.key.name]
    return base64.urlsafe_b64encode(msgspec.json.encode((_name(order), value, row[order.id.name]))).decode()


def _name(order: Order) -> str:
    """The order's name in its cursors. It contains the table, so that a cursor of another list is recognised."""
    return f"{'-' if order.descending else ''}{order.key}"


def _parts(query: Select[Any], order: Order, place: Place | None) -> Iterator[Select[Any]]:
    """The queries for the rows after the place: first those with the key, then those without.

    There are two queries, so that an index on the key finds the place in either direction and on both database engines.
    """
    key, id = (column.desc() if order.descending else column.asc() for column in (order.key, order.id))
    if not order.key.nullable:
        yield query.where(*_after(order, place)).order_by(key, id)
        return
    if place is None or place.value is not None:
        yield query.where(order.key.is_not(None), *_after(order, place)).order_by(key, id)
        place = None
    yield query.where(order.key.is_(None), *_after(order._replace(key=order.id), place and Place(place.id, place.id))).order_by(
        id
    )


def _after(order: Order, place: Place | None) -> Sequence[ColumnElement[bool]]:
    if place is None:
        return ()
    key: Any = literal(place.value, order.key.type)
    if order.personal:
        key = select(order.key).where(order.id == place.id).scalar_subquery()
    here, last = tuple_(order.key, order.id), tuple_(key, literal(place.id, order.id.type))
    return (here < last if order.descending else here > last,)


def place_of(order: Order, cursor: str) -> Place:
    """The place that the cursor names. Callers can send any text, so each part is checked. Raises MalformedCursor."""
    kind: Any = type(None) if order.personal else _kind(order.key)
    try:
        name, value, id = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[str, kind, UUID])
        if isinstance(value, datetime):
            value = value.astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedCursor from None
    if name != _name(order):
        raise MalformedCursor
    return Place(value, id)


def _kind(key: Column[Any]) -> Any:
    kind = next((kind for column, kind in KINDS if isinstance(key.type, column)), key.type.python_type)
    return kind | None if key.nullable else kind
