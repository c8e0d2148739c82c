"""channels: all channels that were ever opened, with their current names, and whether they are closed.

`opened_at` is when the channel was first opened; `closed_at` is None while it is open.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Column, Connection, Text, select

from domain.marketing.channel import Channel, Closed, Kind, Opened, Renamed
from domain.shared.events import Recorded
from projections.shared.lists import Listing
from projections.shared.registers import register
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates, columns

channel_rows = aggregates(
    "channels",
    "channel_id",
    Column("code", SORTED_TEXT, nullable=False, index=True),
    *columns(Text, "name", "kind", nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
)


def _changes(row: Row, recorded: Recorded) -> Row:
    at = recorded.metadata.occurred_at
    match recorded.event:
        case Opened(code=code, name=name, kind=kind):
            return {"code": code, "name": name, "kind": kind, "opened_at": row.get("opened_at", at), "closed_at": None}
        case Renamed(name=name):
            return {"name": name}
        case Closed():
            return {"closed_at": at}
    return {}


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Channels with all of these values; None matches any."""

    kind: Kind | None = None
    closed: bool | None = None


CHANNELS = Listing[Filter, str](channel_rows, Filter, "code")
get, listing = CHANNELS.get, CHANNELS.listing


def by_code(connection: Connection) -> dict[str, Row]:
    """All channels that were ever opened, by their codes."""
    return {row["code"]: dict(row) for row in connection.execute(select(channel_rows)).mappings()}


channels = register(channel_rows, 1, Channel.events, _changes)
