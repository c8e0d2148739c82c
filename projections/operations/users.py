"""users: who works here, in which team, and whether work is given to them. A name goes with its subject's key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, MetaData, Select, Table, Text, Uuid, select

from domain.operations.user import AvailabilityChanged, Deactivated, Registered, User
from domain.shared.events import Event, Recorded, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

USER_EVENTS: tuple[type[Event], ...] = tuple(User.events)

user_rows = Table(
    "users",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("name", Text),
    Column("team", Text, index=True),
    Column("zone", Text),
    Column("capacity", Integer),
    Column("available", Boolean, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("deactivated_at", Instant),
)
TOLD = ("code", "name", "team", "zone", "capacity")

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, USER_EVENTS)]
    known = rows.load(user_rows, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(user_rows, list(known.values()))


def _after(row: Row, recorded: Recorded) -> Row:
    event, at = recorded.event, recorded.metadata.occurred_at
    told: Row = {"user_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    match event:
        case Registered():
            told |= {name: getattr(event, name) for name in TOLD}
            told |= {"available": row.get("available", True), "registered_at": row.get("registered_at", at)}
            told["deactivated_at"] = None
        case AvailabilityChanged(available=available):
            told["available"] = available
        case Deactivated():
            told["deactivated_at"] = at
    return row | told


# How it is queried


def get(connection: Connection, user_id: UUID) -> Row | None:
    """The user; `registered_at` is when that was first, `deactivated_at` None who works here."""
    row = connection.execute(select(user_rows).where(user_rows.c.user_id == user_id)).mappings().first()
    return None if row is None else dict(row)


def listing(
    connection: Connection,
    *,
    team: str | None = None,
    available: bool | None = None,
    deactivated: bool | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Users in the order of their codes. Raises MalformedCursor."""
    return page(
        connection, _filtered(team, available, deactivated), Order(user_rows.c.code, user_rows.c.user_id), limit, cursor
    )


def _filtered(team: str | None, available: bool | None, deactivated: bool | None) -> Select[Any]:
    query: Select[Any] = select(user_rows)
    if team is not None:
        query = query.where(user_rows.c.team == team)
    if available is not None:
        query = query.where(user_rows.c.available.is_(available))
    if deactivated is not None:
        ended = user_rows.c.deactivated_at
        query = query.where(ended.is_not(None) if deactivated else ended.is_(None))
    return query


users = Projection(name="users", version=1, tables=(user_rows,), apply=apply, reads=frozenset(map(type_name, USER_EVENTS)))
