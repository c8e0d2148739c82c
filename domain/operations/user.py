"""A user: somebody who works with customers, known by a code that owners, agents and assignees are named by.

A code need not be registered to be used. Registering says who it is, so that work can be given to those who are available.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.ids import derived_id
from domain.shared.occurrence import checked_zone
from domain.shared.personal import Personal, same
from domain.shared.refusals import Malformed
from domain.shared.text import code as checked_code
from domain.shared.text import optional_code, optional_text

NAME_LENGTH = 200
LARGEST_CAPACITY = 10_000


def user_id(code: str) -> UUID:
    return derived_id("user", code)


class Registered(Event, frozen=True, tag="crm.user.registered.v1"):
    """All that is said of the user, in the place of what was said before; one who was deactivated works again.

    `capacity` is how many open things they take at a time, None as many as there are.
    """

    code: str
    team: str | None = None
    zone: str | None = None
    capacity: int | None = None
    name: Personal[str] = None

    def apply(self, user: User, metadata: Metadata) -> None:
        user.registered, user.deactivated_since = self, None


class AvailabilityChanged(Event, frozen=True, tag="crm.user.availability_changed.v1"):
    """Whether new work is given to them. Who was just registered is available."""

    available: bool

    def apply(self, user: User, metadata: Metadata) -> None:
        user.available, user.available_or_not_since = self.available, metadata.occurred_at


class Deactivated(Event, frozen=True, tag="crm.user.deactivated.v1"):
    """They do not work here any more. What is theirs stays theirs until it is given to somebody else."""

    def apply(self, user: User, metadata: Metadata) -> None:
        user.deactivated_since = metadata.occurred_at


class User(Aggregate):
    name = "user"
    events = (Registered, AvailabilityChanged, Deactivated)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.registered: Registered | None = None
        self.available = True
        self.available_or_not_since: datetime | None = None
        self.deactivated_since: datetime | None = None

    @decision
    def register(
        self,
        context: Context,
        *,
        code: str,
        name: str | None = None,
        team: str | None = None,
        zone: str | None = None,
        capacity: int | None = None,
    ) -> None:
        """The same values again record nothing, unless the user was deactivated. Refused as Malformed."""
        if zone is not None:
            checked_zone(zone)
        if capacity is not None and not 0 <= capacity <= LARGEST_CAPACITY:
            raise Malformed(f"A capacity is a number from 0 to {LARGEST_CAPACITY}.")
        told = Registered(
            code=checked_code(code, "user"),
            team=optional_code(team, "team"),
            zone=zone,
            capacity=capacity,
            name=optional_text(name, "name", NAME_LENGTH),
        )
        if self.registered is None or self.deactivated_since is not None or not same(self.registered, told):
            self.record_once(context, told)

    @decision
    def change_availability(self, context: Context, available: bool) -> None:
        """Refused as NotThere."""
        self.require()
        told = AvailabilityChanged(available=available)
        if available != self.available:
            self.record_once(context, told)
        elif self.available_or_not_since is not None:
            self.record_status(context, told, self.available_or_not_since)

    @decision
    def deactivate(self, context: Context) -> None:
        """Refused as NotThere."""
        self.require()
        self.record_status(context, Deactivated(), self.deactivated_since)
