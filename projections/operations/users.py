"""users: the users, their teams, and whether they get new work. A name is personal data: without its subject's key it is lost.

`registered_at` is the first registration; `deactivated_at` is None while a user is active.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Boolean, Column, Integer, Text

from domain.operations.user import AvailabilityChanged, Deactivated, Registered, User
from domain.shared.events import Recorded
from projections.shared.lists import Listing
from projections.shared.registers import register
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates

user_rows = aggregates(
    "users",
    "user_id",
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("name", Text),
    Column("team", Text, index=True),
    Column("zone", Text),
    Column("capacity", Integer),
    Column("available", Boolean, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("deactivated_at", Instant),
)
REGISTERED = ("code", "name", "team", "zone", "capacity")


def _changes(row: Row, recorded: Recorded) -> Row:
    event, at = recorded.event, recorded.metadata.occurred_at
    match event:
        case Registered():
            kept = {"available": row.get("available", True), "registered_at": row.get("registered_at", at)}
            return {name: getattr(event, name) for name in REGISTERED} | kept | {"deactivated_at": None}
        case AvailabilityChanged(available=available):
            return {"available": available}
        case Deactivated():
            return {"deactivated_at": at}
    return {}


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Users that match all of these; None matches any."""

    team: str | None = None
    available: bool | None = None
    deactivated: bool | None = None


USERS = Listing[Filter, str](user_rows, Filter, "code")
get, listing = USERS.get, USERS.listing

users = register(user_rows, 1, User.events, _changes)
