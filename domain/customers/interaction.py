"""An interaction: one contact with a customer or a lead. It is logged, and can be corrected, redacted or retracted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack, get_args
from uuid import UUID

import msgspec

from domain.shared.aggregate import decision
from domain.shared.annotations import Annotated, AnnotationEvents
from domain.shared.events import Context, Event, Metadata
from domain.shared.given import Checks, checked_fields
from domain.shared.personal import Personal, without_personal
from domain.shared.reference import Reference
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import choice, code, optional_code, text

Channel = Literal["phone", "email", "chat", "visit", "social", "sms", "note", "meeting"]
Direction = Literal["inbound", "outbound", "internal"]
Fact = Literal[
    "channel",
    "direction",
    "agent",
    "duration_seconds",
    "thread_id",
    "about",
    "title",
    "body",
    "outcome",
    "participants",
    "message_id",
]

FACTS: tuple[Fact, ...] = get_args(Fact)
TEXTS: tuple[Fact, ...] = ("thread_id", "title", "body", "outcome", "participants", "message_id")
PARTICIPANT_LENGTH = 500
LIST_LIMIT = 200
LONGEST = 2**31 - 1


class InteractionLoggedOtherwise(AlreadyThere):
    """This interaction was already logged, with other values."""


class NobodyContacted(Malformed):
    """An interaction must have a customer or a lead."""


class InteractionRedacted(Refusal):
    """The interaction was redacted; its texts cannot be set again."""


class InteractionRetracted(Refusal):
    """The interaction was retracted: it did not happen."""


class Facts(TypedDict, total=False):
    """The facts of an interaction. `duration_seconds` is in whole seconds."""

    channel: Channel
    direction: Direction
    agent: str | None
    duration_seconds: int | None
    thread_id: str | None
    about: tuple[Reference, ...]
    title: str | None
    body: str | None
    outcome: str | None
    participants: tuple[str, ...] | None
    message_id: str | None


class Logged(Event, frozen=True, tag="crm.interaction.logged.v2"):
    """`title` is the subject line of an e-mail. All messages of one conversation have the same `thread_id`."""

    channel: Channel
    direction: Direction
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    agent: str | None = None
    duration_seconds: int | None = None
    about: tuple[Reference, ...] = ()
    thread_id: Personal[str] = None
    title: Personal[str] = None
    body: Personal[str] = None
    outcome: Personal[str] = None
    participants: Personal[tuple[str, ...]] = None
    message_id: Personal[str] = None

    def subject(self, stream: UUID) -> UUID:
        return self.customer_id or self.lead_id or stream

    def apply(self, interaction: Interaction, metadata: Metadata) -> None:
        interaction.logged = interaction.current = self


class Corrected(Event, frozen=True, tag="crm.interaction.corrected.v2"):
    """Only the fields that changed. `cleared` names the fields that are now empty.

    A personal field that is absent and not in `cleared` was not changed, or was erased later.
    """

    channel: Channel | None = None
    direction: Direction | None = None
    agent: str | None = None
    duration_seconds: int | None = None
    about: tuple[Reference, ...] | None = None
    thread_id: Personal[str] = None
    title: Personal[str] = None
    body: Personal[str] = None
    outcome: Personal[str] = None
    participants: Personal[tuple[str, ...]] = None
    message_id: Personal[str] = None
    cleared: tuple[Fact, ...] = ()

    def changes(self) -> dict[str, Any]:
        """The corrected facts by name, with their new values."""
        changed: dict[str, Any] = {name: value for name in FACTS if (value := getattr(self, name)) is not None}
        return changed | {name: () if name == "about" else None for name in self.cleared}

    def apply(self, interaction: Interaction, metadata: Metadata) -> None:
        if interaction.current is not None:
            interaction.current = msgspec.structs.replace(interaction.current, **self.changes())


class Redacted(Event, frozen=True, tag="crm.interaction.redacted.v1"):
    """The interaction remains, but its texts, ids, participants and attachment names are no longer shown."""

    reason: str | None = None

    def apply(self, interaction: Interaction, metadata: Metadata) -> None:
        interaction.redacted_at = metadata.occurred_at
        if interaction.current is not None:
            interaction.current = without_personal(interaction.current)


class Retracted(Event, frozen=True, tag="crm.interaction.retracted.v1"):
    """The interaction did not happen; it is removed from all counts."""

    reason: str | None = None

    def apply(self, interaction: Interaction, metadata: Metadata) -> None:
        interaction.retracted_at = metadata.occurred_at


class Interaction(Annotated):
    name = "interaction"
    annotation_events = AnnotationEvents.of("interaction")
    events = (Logged, Corrected, Redacted, Retracted, *annotation_events)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.logged: Logged | None = None
        self.current: Logged | None = None
        self.redacted_at: datetime | None = None
        self.retracted_at: datetime | None = None

    @decision
    def log(
        self,
        context: Context,
        *,
        customer_id: UUID | None = None,
        lead_id: UUID | None = None,
        external: tuple[str, str] | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Raises NobodyContacted, Malformed, and InteractionLoggedOtherwise if it is already logged with other values."""
        if customer_id is None and lead_id is None:
            raise NobodyContacted
        logged = Logged(customer_id=customer_id, lead_id=lead_id, **checked(facts))
        self.record_first(context, self.logged, logged, InteractionLoggedOtherwise)
        self.note_external_id(context, external)

    @decision
    def correct(self, context: Context, **facts: Unpack[Facts]) -> None:
        """Records only changes: a fact that is not given stays as it is, None clears it.

        Raises Malformed; InteractionRedacted if a text is set; InteractionRetracted (a flag on import).
        """
        changed = {name: value for name, value in checked(facts).items() if getattr(self.current, name) != value}
        if not changed:
            return
        if self.redacted_at is not None and any(changed.get(name) for name in TEXTS):
            raise InteractionRedacted(id=self.id)
        flags = () if self.retracted_at is None else self.refuse(context, InteractionRetracted(id=self.id))
        given: dict[str, Any] = {name: value for name, value in changed.items() if value is not None and value != ()}
        cleared = tuple(name for name in FACTS if name in changed and name not in given)
        self.record_once(context, Corrected(cleared=cleared, **given), *flags)

    @decision
    def redact(self, context: Context, *, reason: str | None = None) -> None:
        """`reason` is a code. Raises Malformed."""
        self.record_status(context, Redacted(reason=optional_code(reason, "reason")), self.redacted_at)

    @decision
    def retract(self, context: Context, *, reason: str | None = None) -> None:
        """`reason` is a code. Raises Malformed."""
        self.record_status(context, Retracted(reason=optional_code(reason, "reason")), self.retracted_at)


def checked(facts: Facts) -> Facts:
    """The facts in the form in which they are recorded. Raises Malformed."""
    stated: Mapping[str, Any] = facts
    for name, choices in (("channel", Channel), ("direction", Direction)):
        if name in stated:
            choice(stated[name], choices, f"{name} of an interaction")
    return checked_fields(facts, CHECKS)


def _duration(seconds: int) -> int:
    if not 0 <= seconds <= LONGEST:
        raise Malformed(f"A duration must be 0 to {LONGEST} seconds.")
    return seconds


def _participants(names: tuple[str, ...]) -> tuple[str, ...] | None:
    if len(names) > LIST_LIMIT:
        raise Malformed(f"At most {LIST_LIMIT} participants are allowed.")
    return tuple(text(name, "participant", PARTICIPANT_LENGTH) for name in names) or None


CHECKS: Checks = {
    "agent": lambda agent: code(agent, "agent"),
    "thread_id": lambda thread_id: code(thread_id, "thread_id"),
    "title": lambda title: text(title, "title", 500),
    "body": lambda body: text(body, "body", 50_000),
    "outcome": lambda outcome: text(outcome, "outcome", 10_000),
    "message_id": lambda message_id: text(message_id, "message_id", 1_000),
    "duration_seconds": _duration,
    "participants": _participants,
    "about": lambda about: tuple(dict.fromkeys(about)),
}
