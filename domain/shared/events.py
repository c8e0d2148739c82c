"""Events: an immutable payload, and the metadata that every event carries.

An event's type name `crm.<aggregate>.<fact>.v<n>` is permanent: `class Placed(Event, frozen=True,
tag="crm.order.placed.v1")`. Its method `apply` changes the aggregate's state. It never refuses, so old events always load.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

Precision = Literal["second", "minute", "day", "month"]
Origin = Literal["live", "sync", "import", "policy"]


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Part of an event: immutable, compared by value."""


class Contact(NamedTuple):
    """A contact method of a customer, with its value in the form in which values are compared."""

    method_id: UUID
    kind: str
    value: str


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="crm"):
    """Base of all event payloads."""

    def apply(self, aggregate: Any, metadata: Metadata) -> None:
        """Changes the aggregate's state. By default it changes nothing, for facts that no decision reads."""

    def subject(self, stream: UUID) -> UUID:
        """The subject of a stream that starts with this event. By default it is the stream's own id."""
        return stream

    def concerns(self) -> tuple[UUID, ...]:
        """Other subjects that this event concerns, in addition to its stream's own."""
        return ()

    def erased_with(self) -> tuple[UUID, ...]:
        """Subjects whose erasure also destroys the key of this event's stream (an order linked to a customer, a merge)."""
        return ()

    def parted_from(self) -> tuple[UUID, ...]:
        """Subjects whose erasure no longer destroys the key of this event's stream."""
        return ()

    def contacts_added(self) -> tuple[Contact, ...]:
        """The contact methods that the customer of this stream has from now on, without those whose value was erased."""
        return ()

    def contacts_removed(self) -> tuple[UUID, ...]:
        """The ids of the contact methods that the customer of this stream no longer has."""
        return ()

    def everyone(self) -> bool:
        """Whether all rows of the read models depend on this event (a segment model, a calendar, the end of a day)."""
        return False

    def erases(self) -> bool:
        """Whether this event erases its subject: the same commit destroys its key and the keys of all streams linked to it."""
        return False


class GlobalEvent(Event, frozen=True):
    """An event that all rows of the read models depend on."""

    def everyone(self) -> bool:
        return True


class Actor(Value, frozen=True):
    type: Literal["user", "api_key", "policy", "system", "customer"]
    id: str


class Source(Value, frozen=True):
    """The origin of a fact: another system's event, or a row of an import."""

    system: str
    event_id: str | None = None
    import_id: UUID | None = None
    row: int | None = None


class Metadata(Value, frozen=True):
    """The data that every event carries in addition to its payload. It contains ids only, never names or addresses."""

    subject: UUID
    recorded_at: datetime
    occurred_at: datetime
    actor: Actor
    occurred_precision: Precision = "second"
    occurred_zone: str | None = None
    on_behalf_of: str | None = None
    origin: Origin = "live"
    source: Source | None = None
    command_id: UUID | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    irregular: tuple[str, ...] = ()
    concerns: tuple[UUID, ...] = ()
    everyone: bool = False

    @property
    def subjects(self) -> tuple[UUID, ...]:
        """All that the event concerns, its own subject first."""
        return (self.subject, *self.concerns)

    def day(self, zone: ZoneInfo | None = None) -> date:
        """The calendar day on which the fact occurred, in `zone` (UTC if None).

        A fact known only by its day or month keeps its own date in every zone.
        """
        if self.occurred_precision in ("day", "month"):
            return self.occurred_at.astimezone(time_zone(self.occurred_zone)).date()
        return self.occurred_at.astimezone(zone or UTC).date()


class Recorded(msgspec.Struct, frozen=True):
    """An event as stored in the log. `version` counts from 1 within its stream; `position` increases through the whole log."""

    position: int
    stream: UUID
    version: int
    event: Event
    metadata: Metadata

    @property
    def type(self) -> str:
        return type_name(type(self.event))


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of a command: who sends it, on whose behalf, and when the fact happened.

    `now` is the store's clock. `occurred_at` is None if the caller stated no time; then the fact happened now. `distinct` means
    that the source stores this fact as an event of its own: a fact with equal values is a repeat only if it has the same source
    event id. `decided` means that this source event was decided before, although no event of the aggregate names it.
    """

    now: datetime
    actor: Actor
    origin: Origin = "live"
    occurred_at: datetime | None = None
    occurred_precision: Precision = "second"
    occurred_zone: str | None = None
    on_behalf_of: str | None = None
    source: Source | None = None
    command_id: UUID | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    distinct: bool = False
    decided: bool = False

    @property
    def at(self) -> datetime:
        return self.occurred_at or self.now

    @property
    def importing(self) -> bool:
        return self.origin == "import"

    def names_another_time_than(self, known: datetime | None) -> bool:
        """Whether the caller stated a time of occurrence other than `known`, or any time for a distinct fact."""
        return self.occurred_at is not None and (self.distinct or self.occurred_at != known)

    def metadata(self, subject: UUID, event: Event, irregular: tuple[str, ...]) -> Metadata:
        return Metadata(
            subject=subject,
            recorded_at=self.now,
            occurred_at=self.at,
            actor=self.actor,
            occurred_precision=self.occurred_precision,
            occurred_zone=self.occurred_zone,
            on_behalf_of=self.on_behalf_of,
            origin=self.origin,
            source=self.source,
            command_id=self.command_id,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            irregular=irregular,
            concerns=tuple(other for other in event.concerns() if other != subject),
            everyone=event.everyone(),
        )


def type_name(event: type[Event]) -> str:
    """The permanent type name of an event class."""
    return str(event.__struct_config__.tag)


def time_zone(name: str | None) -> tzinfo:
    """The time zone for `name`, which is an IANA name, an offset such as `+08:00`, or None for UTC."""
    if name is None:
        return UTC
    if name[0] in "+-":
        return datetime.strptime(name, "%z").tzinfo or UTC
    return ZoneInfo(name)
