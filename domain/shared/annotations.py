"""Annotations, which all main aggregates have: external ids, owner and team, tags, attributes, attachments.

An aggregate mixes in `Annotated` and gets its own event classes, with its own type names such as `crm.order.tagged.v1`:

    class Order(Annotated):
        annotation_events = AnnotationEvents.of("order")
        events = (Placed, *annotation_events)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self, TypeVar, cast
from uuid import UUID

import msgspec

from domain.shared.aggregate import Aggregate, decision
from domain.shared.attributes import Number, checked_attributes, split_attributes
from domain.shared.events import Context, Event, Metadata, Value, type_name
from domain.shared.personal import Personal
from domain.shared.text import code, one_form, own_id, text, web_url

E = TypeVar("E", bound=Event)

COMMON = "crm.annotated."
EXTERNAL_ID_LENGTH = 255


class Attachment(Value, frozen=True):
    """A reference to a file that is stored elsewhere. `bytes` is its size, `sha256` its digest in hexadecimal."""

    id: UUID
    media_type: str
    bytes: int
    sha256: str
    name: Personal[str] = None
    url: Personal[str] = None


def checked_attachment(attachment: Attachment) -> Attachment:
    """The attachment in the form in which it is recorded. Raises Malformed."""
    return attachment if attachment.url is None else msgspec.structs.replace(attachment, url=web_url(attachment.url))


class ExternalIdLinked(Event, frozen=True, tag="crm.annotated.external_id_linked.v1"):
    system: str
    id: Personal[str] = None

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        aggregate.external_ids.add((self.system, self.id))


class ExternalIdUnlinked(Event, frozen=True, tag="crm.annotated.external_id_unlinked.v1"):
    system: str
    id: Personal[str] = None

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        aggregate.external_ids.discard((self.system, self.id))


class Assigned(Event, frozen=True, tag="crm.annotated.assigned.v1"):
    """The codes of the owner and the team. None means that there is none."""

    owner: str | None = None
    team: str | None = None

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        aggregate.assignment = (self.owner, self.team)


class Tagged(Event, frozen=True, tag="crm.annotated.tagged.v1"):
    tags: tuple[str, ...]

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        aggregate.tags.update(self.tags)


class Untagged(Event, frozen=True, tag="crm.annotated.untagged.v1"):
    tags: tuple[str, ...]

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        aggregate.tags.difference_update(self.tags)


class AttributesSet(Event, frozen=True, tag="crm.annotated.attributes_set.v1"):
    """Only the attributes that changed; None removes one. Texts are personal; numbers and flags are plain.

    A text that is not personal, according to its field definition, is in `plain_texts_set`.
    """

    numbers: dict[str, Number | None] = msgspec.field(default_factory=dict)
    texts: Personal[dict[str, str | None]] = None

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        changed = {**self.numbers, **(self.texts or {})}
        aggregate.plain_texts -= changed.keys()
        aggregate.merge_attributes(changed)


class PlainTextsSet(Event, frozen=True, tag="crm.annotated.plain_texts_set.v1"):
    """Text attributes whose field definitions say that they are not personal. Only those that changed; None removes one."""

    texts: dict[str, str | None]

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        aggregate.plain_texts -= self.texts.keys()
        aggregate.plain_texts |= {key for key, value in self.texts.items() if value is not None}
        aggregate.merge_attributes(self.texts)


class AttachmentAdded(Event, frozen=True, tag="crm.annotated.attachment_added.v1"):
    attachment: Attachment

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        aggregate.attachments.add(self.attachment.id)


class AttachmentRemoved(Event, frozen=True, tag="crm.annotated.attachment_removed.v1"):
    attachment_id: UUID

    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        aggregate.attachments.discard(self.attachment_id)


class AnnotationEvents(NamedTuple):
    """One aggregate's event classes for the common facts."""

    external_id_linked: type[ExternalIdLinked]
    external_id_unlinked: type[ExternalIdUnlinked]
    assigned: type[Assigned]
    tagged: type[Tagged]
    untagged: type[Untagged]
    attributes_set: type[AttributesSet]
    plain_texts_set: type[PlainTextsSet]
    attachment_added: type[AttachmentAdded]
    attachment_removed: type[AttachmentRemoved]

    @classmethod
    def of(
        cls, aggregate: str, *, assigned: type[Assigned] = Assigned, plain_texts_set: type[PlainTextsSet] = PlainTextsSet
    ) -> Self:
        """Generates the classes for the aggregate. A class that the aggregate defines itself is passed in and kept."""

        def own(fact: type[E]) -> type[E]:
            tag = type_name(fact)
            if not tag.startswith(COMMON):
                return fact
            tag = f"crm.{aggregate}.{tag.removeprefix(COMMON)}"
            return cast(
                type[E], msgspec.defstruct(fact.__name__, (), bases=(fact,), module=fact.__module__, frozen=True, tag=tag)
            )

        return cls(
            external_id_linked=own(ExternalIdLinked),
            external_id_unlinked=own(ExternalIdUnlinked),
            assigned=own(assigned),
            tagged=own(Tagged),
            untagged=own(Untagged),
            attributes_set=own(AttributesSet),
            plain_texts_set=own(plain_texts_set),
            attachment_added=own(AttachmentAdded),
            attachment_removed=own(AttachmentRemoved),
        )


class Annotated(Aggregate):
    """Mix-in: the decisions on the common facts. Setting a value that is already set records nothing.

    `attributes` holds all attributes; `plain_texts` holds the keys of those text attributes that are not personal.
    """

    annotation_events: ClassVar[AnnotationEvents]

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.external_ids: set[tuple[str, str | None]] = set()
        self.assignment: tuple[str | None, str | None] = (None, None)
        self.tags: set[str] = set()
        self.attributes: dict[str, Any] = {}
        self.plain_texts: set[str] = set()
        self.attachments: set[UUID] = set()

    @decision
    def link_external_id(self, context: Context, system: str, external_id: str) -> None:
        """Raises Malformed if `system` is not a code, or if the id is longer than 255 characters or has control characters."""
        system, external_id = code(system, "system"), text(external_id, "external id", EXTERNAL_ID_LENGTH)
        if (system, external_id) not in self.external_ids:
            self.record(context, self.annotation_events.external_id_linked(system=system, id=external_id))

    def note_external_id(self, context: Context, external: tuple[str, str] | None) -> None:
        """Used by the decision that creates the aggregate: records its id in the source system, if that is not yet recorded.

        Raises Malformed if the id is longer than 255 characters or has control characters.
        """
        if external and external not in self.external_ids:
            system, id = external[0], own_id(external[1], EXTERNAL_ID_LENGTH)
            self.record(context, self.annotation_events.external_id_linked(system=system, id=id))

    @decision
    def unlink_external_id(self, context: Context, system: str, external_id: str) -> None:
        system, external_id = one_form(system), one_form(external_id)
        if (system, external_id) in self.external_ids:
            self.record(context, self.annotation_events.external_id_unlinked(system=system, id=external_id))

    @decision
    def assign(self, context: Context, owner: str | None, team: str | None) -> None:
        """Raises Malformed if one is not a code."""
        owner, team = (value and code(value, what) for value, what in ((owner, "owner"), (team, "team")))
        if self.assignment != (owner, team):
            self.record(context, self.annotation_events.assigned(owner=owner, team=team))

    @decision
    def tag(self, context: Context, tags: Sequence[str]) -> None:
        """Raises Malformed if one is not a code."""
        if new := tuple(sorted({code(tag, "tag") for tag in tags} - self.tags)):
            self.record(context, self.annotation_events.tagged(tags=new))

    @decision
    def untag(self, context: Context, tags: Sequence[str]) -> None:
        if known := tuple(sorted(set(map(one_form, tags)) & self.tags)):
            self.record(context, self.annotation_events.untagged(tags=known))

    @decision
    def set_attributes(
        self, context: Context, attributes: Mapping[str, str | Number | None], plain: Collection[str] = ()
    ) -> None:
        """Merge patch of the attributes. Raises Malformed if a key or a text is too long or not printable.

        `plain` are the keys whose texts are not personal, according to their field definitions. All other texts are personal.
        """
        attributes = checked_attributes(attributes)
        changed = {key: value for key, value in attributes.items() if self.differs(key, value, key in plain)}
        numbers, plain_texts, texts = split_attributes(changed, self.attributes, self.plain_texts, plain)
        if plain_texts:
            self.record(context, self.annotation_events.plain_texts_set(texts=plain_texts))
        if numbers or texts:
            self.record(context, self.annotation_events.attributes_set(numbers=numbers, texts=texts or None))

    @decision
    def attach(self, context: Context, attachment: Attachment) -> None:
        """Raises Malformed."""
        attachment = checked_attachment(attachment)
        if attachment.id not in self.attachments:
            self.record(context, self.annotation_events.attachment_added(attachment=attachment))

    @decision
    def detach(self, context: Context, attachment_id: UUID) -> None:
        if attachment_id in self.attachments:
            self.record(context, self.annotation_events.attachment_removed(attachment_id=attachment_id))

    # State

    @property
    def plain_attributes(self) -> dict[str, str | Number]:
        """Numbers, flags, and the texts that are not personal."""
        return {key: value for key, value in self.attributes.items() if not self._is_personal(key)}

    @property
    def personal_attributes(self) -> dict[str, str]:
        return {key: value for key, value in self.attributes.items() if self._is_personal(key)}

    def differs(self, key: str, value: str | Number | None, plain: bool) -> bool:
        """Whether the value changes, or the same text changes from personal to plain or back."""
        return self.attributes.get(key) != value or (isinstance(value, str) and plain != (key in self.plain_texts))

    def merge_attributes(self, changed: Mapping[str, str | Number | None]) -> None:
        merged = {**self.attributes, **changed}
        self.attributes = {key: value for key, value in merged.items() if value is not None}

    def take_up_attributes(self, plain: Mapping[str, str | Number], personal: Mapping[str, str]) -> None:
        """Replaces all attributes with these."""
        self.attributes = {**plain, **personal}
        self.plain_texts = {key for key, value in plain.items() if isinstance(value, str)}

    def _is_personal(self, key: str) -> bool:
        return isinstance(self.attributes[key], str) and key not in self.plain_texts
