"""A user: somebody who works with customers. Owners, agents and assignees are codes of users.

A code can be used without being registered. Registered users can be assigned work according to their availability.
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
    """All values of the user; they replace the earlier ones. A deactivated user is active again.

    `capacity` is the number of open tickets and leads that the user takes at a time. None means no limit.
    """

    code: str
    team: str | None = None
    zone: str | None = None
    capacity: int | None = None
    name: Personal[str] = None

    def apply(self, user: User, metadata: Metadata) -> None:
        user.registered, user.deactivated_since = self, None


class AvailabilityChanged(Event, frozen=True, tag="crm.user.availability_changed.v1"):
    """Whether the user gets new work. A newly registered user is available."""

    available: bool

    def apply(self, user: User, metadata: Metadata) -> None:
        user.available, user.available_or_not_since = self.available, metadata.occurred_at


class Deactivated(Event, frozen=True, tag="crm.user.deactivated.v1"):
    """The user no longer works here. Existing work stays with them until it is assigned to somebody else."""

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
        """Registers, changes or reactivates the user. Records nothing if no value changes. Raises Malformed."""
        if zone is not None:
            checked_zone(zone)
        if capacity is not None and not 0 <= capacity <= LARGEST_CAPACITY:
            raise Malformed(f"A capacity must be a number from 0 to {LARGEST_CAPACITY}.")
        registered = Registered(
            code=checked_code(code, "user"),
            team=optional_code(team, "team"),
            zone=zone,
            capacity=capacity,
            name=optional_text(name, "name", NAME_LENGTH),
        )
        if self.registered is None or self.deactivated_since is not None or not same(self.registered, registered):
            self.record_once(context, registered)

    @decision
    def change_availability(self, context: Context, available: bool) -> None:
        """Raises NotThere."""
        self.require()
        event = AvailabilityChanged(available=available)
        if available != self.available:
            self.record_once(context, event)
        elif self.available_or_not_since is not None:
            self.record_status(context, event, self.available_or_not_since)

    @decision
    def deactivate(self, context: Context) -> None:
        """Raises NotThere."""
        self.require()
        self.record_status(context, Deactivated(), self.deactivated_since)
