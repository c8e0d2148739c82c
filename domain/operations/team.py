"""A team, known by a code. One that was never registered may own things all the same."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.ids import derived_id
from domain.shared.occurrence import checked_zone
from domain.shared.text import code as checked_code
from domain.shared.text import text


def team_id(code: str) -> UUID:
    return derived_id("team", code)


class Registered(Event, frozen=True, tag="crm.team.registered.v1"):
    """All that is said of the team, in the place of what was said before. The name is plain: it names no person."""

    code: str
    name: str
    zone: str | None = None

    def apply(self, team: Team, metadata: Metadata) -> None:
        team.registered, team.deactivated_since = self, None


class Deactivated(Event, frozen=True, tag="crm.team.deactivated.v1"):
    """It takes nothing new. What is its own stays so until it is given to another."""

    def apply(self, team: Team, metadata: Metadata) -> None:
        team.deactivated_since = metadata.occurred_at


class Team(Aggregate):
    name = "team"
    events = (Registered, Deactivated)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.registered: Registered | None = None
        self.deactivated_since: datetime | None = None

    @decision
    def register(self, context: Context, *, code: str, name: str, zone: str | None = None) -> None:
        """The same values again record nothing, unless the team was deactivated. Refused as Malformed."""
        if zone is not None:
            checked_zone(zone)
        told = Registered(code=checked_code(code, "team"), name=text(name, "name"), zone=zone)
        if self.deactivated_since is not None or self.registered != told:
            self.record_once(context, told)

    @decision
    def deactivate(self, context: Context) -> None:
        """Refused as NotThere."""
        self.require()
        self.record_status(context, Deactivated(), self.deactivated_since)
