"""What an event is: a payload that stays as it was, and the metadata every event carries.

An event's type name `crm.<aggregate>.<fact>.v<n>` is permanent: `class Placed(Event, frozen=True,
tag="crm.order.placed.v1")`. What it changes stands beside it in `apply`, which never refuses, so that old events always load.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

Precision = Literal["second", "minute", "day", "month"]
Origin = Literal["live", "sync", "import", "policy"]


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Part of an event: compared by value, never changed."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="crm"):
    """Base of all payloads."""

    def apply(self, aggregate: Any, metadata: Metadata) -> None:
        """Change the aggregate's state; the default changes nothing, for facts that no decision reads."""

    def subject(self, stream: UUID) -> UUID:
        """Whom a stream that begins with this event is about: the stream itself, unless the event says otherwise."""
        return stream

    def concerns(self) -> tuple[UUID, ...]:
        """Further subjects this event concerns, beside its stream's own."""
        return ()

    def erased_with(self) -> tuple[UUID, ...]:
        """Subjects whose erasure takes the key of this event's stream along (an order linked to a customer, a merge)."""
        return ()

    def parted_from(self) -> tuple[UUID, ...]:
        """Subjects whose erasure takes the key of this event's stream along no more."""
        return ()

    def everyone(self) -> bool:
        """Whether all rows depend on this event (a segment model, a calendar, the end of a day)."""
        return False

    def erases(self) -> bool:
        """Whether this event's subject is forgotten: its key, and those of all linked to it, go in the same commit."""
        return False


class GlobalEvent(Event, frozen=True):
    """An event that all rows depend on: it concerns everyone."""

    def everyone(self) -> bool:
        return True


class Actor(Value, frozen=True):
    type: Literal["user", "api_key", "policy", "system", "customer"]
    id: str


class Source(Value, frozen=True):
    """Where a fact came from: another system's event, or a row of an import."""

    system: str
    event_id: str | None = None
    import_id: UUID | None = None
    row: int | None = None


class Metadata(Value, frozen=True):
    """What every event carries beside its payload. Ids only, never names or addresses."""

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

    def day(self, zone: ZoneInfo | None = None) -> date:
        """The calendar day the fact occurred on, in `zone` (UTC if none).

        A fact known only by its day or month keeps its own date in every zone.
        """
        if self.occurred_precision in ("day", "month"):
            return self.occurred_at.astimezone(time_zone(self.occurred_zone)).date()
        return self.occurred_at.astimezone(zone or UTC).date()


class Recorded(msgspec.Struct, frozen=True):
    """An event as the log holds it: `version` counts within its stream from 1, `position` rises through the whole log."""

    position: int
    stream: UUID
    version: int
    event: Event
    metadata: Metadata

    @property
    def type(self) -> str:
        return type_name(type(self.event))


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of a command: who asks, on which authority, and when the fact happened.

    `now` is the store's clock. `occurred_at` is None where the caller named no time; then the fact happened now. `distinct`
    says that the source keeps this as an event of its own, so that it repeats none but itself, however like another it is.
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

    @property
    def at(self) -> datetime:
        return self.occurred_at or self.now

    @property
    def importing(self) -> bool:
        return self.origin == "import"

    def names_another_time_than(self, known: datetime | None) -> bool:
        """Whether the caller named a time of occurrence, and it is not `known` or is that of a distinct event."""
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
    """The time zone called `name`: an IANA name, an offset such as `+08:00`, or UTC when it is None."""
    if name is None:
        return UTC
    if name[0] in "+-":
        return datetime.strptime(name, "%z").tzinfo or UTC
    return ZoneInfo(name)
