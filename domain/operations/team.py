"""A team, identified by its code. A team can be used as an owner without being registered."""

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
    """All values of the team; they replace the earlier ones. The name is not personal."""

    code: str
    name: str
    zone: str | None = None

    def apply(self, team: Team, metadata: Metadata) -> None:
        team.registered, team.deactivated_since = self, None


class Deactivated(Event, frozen=True, tag="crm.team.deactivated.v1"):
    """The team gets no new work. Existing work stays with it until it is assigned to another team."""

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
        """Registers, changes or reactivates the team. Records nothing if no value changes. Raises Malformed."""
        if zone is not None:
            checked_zone(zone)
        registered = Registered(code=checked_code(code, "team"), name=text(name, "name"), zone=zone)
        if self.deactivated_since is not None or self.registered != registered:
            self.record_once(context, registered)

    @decision
    def deactivate(self, context: Context) -> None:
        """Raises NotThere."""
        self.require()
        self.record_status(context, Deactivated(), self.deactivated_since)
