"""channels: those that were opened, as they are called now, and whether they are closed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Select, Table, Text, Uuid, select

from domain.marketing.channel import Channel, Closed, Kind, Opened, Renamed
from domain.shared.events import Event, Recorded, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

CHANNEL_EVENTS: tuple[type[Event], ...] = tuple(Channel.events)

channel_rows = Table(
    "channels",
    metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, CHANNEL_EVENTS)]
    known = rows.load(channel_rows, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(channel_rows, list(known.values()))


def _after(row: Row, recorded: Recorded) -> Row:
    at = recorded.metadata.occurred_at
    told: Row = {"channel_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    match recorded.event:
        case Opened(code=code, name=name, kind=kind):
            told |= {"code": code, "name": name, "kind": kind, "opened_at": row.get("opened_at", at), "closed_at": None}
        case Renamed(name=name):
            told["name"] = name
        case Closed():
            told["closed_at"] = at
    return row | told


# How it is queried


def get(connection: Connection, channel_id: UUID) -> Row | None:
    """The channel; `opened_at` is when it was opened first, `closed_at` None where it is open."""
    row = connection.execute(select(channel_rows).where(channel_rows.c.channel_id == channel_id)).mappings().first()
    return None if row is None else dict(row)


def listing(
    connection: Connection,
    *,
    kind: Kind | None = None,
    closed: bool | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Channels in the order of their codes. Raises MalformedCursor."""
    order = Order(channel_rows.c.code, channel_rows.c.channel_id)
    return page(connection, _filtered(kind, closed), order, limit, cursor)


def by_code(connection: Connection) -> dict[str, Row]:
    """All that were opened."""
    return {row["code"]: dict(row) for row in connection.execute(select(channel_rows)).mappings()}


def _filtered(kind: Kind | None, closed: bool | None) -> Select[tuple[object, ...]]:
    query: Select[tuple[object, ...]] = select(channel_rows)
    if kind is not None:
        query = query.where(channel_rows.c.kind == kind)
    if closed is not None:
        query = query.where(channel_rows.c.closed_at.is_not(None) if closed else channel_rows.c.closed_at.is_(None))
    return query


channels = Projection(
    name="channels", version=1, tables=(channel_rows,), apply=apply, reads=frozenset(map(type_name, CHANNEL_EVENTS))
)
