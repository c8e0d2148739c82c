"""teams: the registered teams, with their current names.

`registered_at` is the first registration; `deactivated_at` is None while a team gets new work.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Column, Text

from domain.operations.team import Deactivated, Registered, Team
from domain.shared.events import Recorded
from projections.shared.lists import Listing
from projections.shared.registers import register
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates

team_rows = aggregates(
    "teams",
    "team_id",
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("zone", Text),
    Column("registered_at", Instant, nullable=False),
    Column("deactivated_at", Instant),
)


def _changes(row: Row, recorded: Recorded) -> Row:
    at = recorded.metadata.occurred_at
    match recorded.event:
        case Registered(code=code, name=name, zone=zone):
            registered = {"registered_at": row.get("registered_at", at), "deactivated_at": None}
            return {"code": code, "name": name, "zone": zone} | registered
        case Deactivated():
            return {"deactivated_at": at}
    return {}


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Teams that match all of these; None matches any."""

    deactivated: bool | None = None


TEAMS = Listing[Filter, str](team_rows, Filter, "code")
get, listing = TEAMS.get, TEAMS.listing

teams = register(team_rows, 1, Team.events, _changes)
