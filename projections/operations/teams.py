"""teams: those that were registered, as they are called now."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, Uuid, select

from domain.operations.team import Deactivated, Registered, Team
from domain.shared.events import Event, Recorded, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

TEAM_EVENTS: tuple[type[Event], ...] = tuple(Team.events)

team_rows = Table(
    "teams",
    metadata,
    Column("team_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("zone", Text),
    Column("registered_at", Instant, nullable=False),
    Column("deactivated_at", Instant),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, TEAM_EVENTS)]
    known = rows.load(team_rows, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(team_rows, list(known.values()))


def _after(row: Row, recorded: Recorded) -> Row:
    at = recorded.metadata.occurred_at
    told: Row = {"team_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    match recorded.event:
        case Registered(code=code, name=name, zone=zone):
            told |= {"code": code, "name": name, "zone": zone}
            told |= {"registered_at": row.get("registered_at", at), "deactivated_at": None}
        case Deactivated():
            told["deactivated_at"] = at
    return row | told


# How it is queried


def get(connection: Connection, team_id: UUID) -> Row | None:
    """The team; `registered_at` is when that was first, `deactivated_at` None where it takes something new."""
    row = connection.execute(select(team_rows).where(team_rows.c.team_id == team_id)).mappings().first()
    return None if row is None else dict(row)


def listing(connection: Connection, *, deactivated: bool | None = None, limit: int = 50, cursor: str | None = None) -> Page:
    """Teams in the order of their codes. Raises MalformedCursor."""
    query = select(team_rows)
    if deactivated is not None:
        ended = team_rows.c.deactivated_at
        query = query.where(ended.is_not(None) if deactivated else ended.is_(None))
    return page(connection, query, Order(team_rows.c.code, team_rows.c.team_id), limit, cursor)


teams = Projection(name="teams", version=1, tables=(team_rows,), apply=apply, reads=frozenset(map(type_name, TEAM_EVENTS)))
