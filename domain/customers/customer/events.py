"""Events of a customer. Names and payloads are permanent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast, get_args
from uuid import UUID

import msgspec

from domain.shared import annotations as common
from domain.shared.annotations import Annotated, AnnotationEvents
from domain.shared.attributes import Number
from domain.shared.contact import Address, MethodKind, comparable
from domain.shared.erasure import ErasureReason, Requester
from domain.shared.events import Contact, Event, Metadata, Value
from domain.shared.personal import Personal
from domain.shared.utm import Utm

if TYPE_CHECKING:
    from domain.customers.customer.customer import Customer

Kind = Literal["person", "organisation"]
Detail = Literal["name", "address", "source", "language", "time_zone"]
Bounce = Literal["hard", "soft"]
OptIn = Literal["single", "confirmed", "unknown"]
LegalBasis = Literal[
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests", "unknown"
]


class AcquisitionSource(Value, frozen=True):
    """How the customer was acquired: the code of a channel, the id of a campaign, the UTM codes of a link."""

    channel: str | None = None
    campaign: UUID | None = None
    utm: Personal[Utm] = None


class ContactMethod(Value, frozen=True):
    """A way to reach the customer. `label` is a code such as `work`. One method of each kind can be primary."""

    method_id: UUID
    kind: MethodKind
    label: str | None = None
    primary: bool = False
    value: Personal[str] = None

    def contacts(self) -> tuple[Contact, ...]:
        """The method as it is compared; nothing if its value was erased."""
        return () if self.value is None else (Contact(self.method_id, self.kind, comparable(self.value)),)


class Registered(Event, frozen=True, tag="crm.customer.registered.v2"):
    """Attributes are in `numbers` (plain) and `texts` (personal). Plain texts follow in a `plain_texts_set` event."""

    kind: Kind
    contact_methods: tuple[ContactMethod, ...] = ()
    source: AcquisitionSource | None = None
    owner: str | None = None
    team: str | None = None
    language: str | None = None
    time_zone: str | None = None
    numbers: dict[str, Number | None] = msgspec.field(default_factory=dict)
    name: Personal[str] = None
    address: Personal[Address] = None
    texts: Personal[dict[str, str | None]] = None

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.registration = self
        customer.registered_by = (metadata.recorded_at, metadata.command_id)
        customer.details = {field: getattr(self, field) for field in ("kind", *get_args(Detail))}
        for method in self.contact_methods:
            customer.note_new_method(method)
        customer.assignment = (self.owner, self.team)
        customer.merge_attributes({**self.numbers, **(self.texts or {})})

    def contacts_added(self) -> tuple[Contact, ...]:
        return tuple(contact for method in self.contact_methods for contact in method.contacts())

    def states_the_same_as(self, other: Registered | None) -> bool:
        """Whether both are equal but for the ids of their contact methods: every registration generates new ones."""
        return other is not None and self._without_method_ids() == other._without_method_ids()

    def _without_method_ids(self) -> Registered:
        methods = tuple(msgspec.structs.replace(method, method_id=UUID(int=0)) for method in self.contact_methods)
        return msgspec.structs.replace(self, contact_methods=methods)

    def with_texts(self, texts: dict[str, str | None]) -> Registered:
        """The registration with these plain texts added to its texts."""
        return msgspec.structs.replace(self, texts={**(self.texts or {}), **texts} or None)


class DetailsChanged(Event, frozen=True, tag="crm.customer.details_changed.v2"):
    """Only the fields that changed. `cleared` names the fields that are now empty.

    A personal field that is absent and not in `cleared` was not changed, or was erased later.
    """

    kind: Kind | None = None
    source: AcquisitionSource | None = None
    language: str | None = None
    time_zone: str | None = None
    cleared: tuple[Detail, ...] = ()
    name: Personal[str] = None
    address: Personal[Address] = None

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        for field in customer.details:
            if field in self.cleared:
                customer.details[field] = None
            elif (value := getattr(self, field)) is not None:
                customer.details[field] = value


class ContactMethodAdded(Event, frozen=True, tag="crm.customer.contact_method_added.v1"):
    """A primary method replaces the previous primary method of its kind."""

    method_id: UUID
    kind: MethodKind
    label: str | None = None
    primary: bool = False
    value: Personal[str] = None

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_new_method(self._method())

    def contacts_added(self) -> tuple[Contact, ...]:
        return self._method().contacts()

    def _method(self) -> ContactMethod:
        return ContactMethod(method_id=self.method_id, kind=self.kind, label=self.label, primary=self.primary, value=self.value)


class ContactMethodVerified(Event, frozen=True, tag="crm.customer.contact_method_verified.v1"):
    method_id: UUID

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_method(self.method_id, verified=metadata.occurred_at)


class ContactMethodRemoved(Event, frozen=True, tag="crm.customer.contact_method_removed.v1"):
    """If it was the primary method, its kind has no primary method until another one is added."""

    method_id: UUID

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_method(self.method_id, removed=True)

    def contacts_removed(self) -> tuple[UUID, ...]:
        return (self.method_id,)


class ContactMethodUndeliverable(Event, frozen=True, tag="crm.customer.contact_method_undeliverable.v1"):
    """Messages do not arrive: permanently (hard) or for now (soft). Consent is not affected."""

    method_id: UUID
    bounce: Bounce

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_method(self.method_id, bounce=self.bounce, since=metadata.occurred_at)


class ContactMethodRestored(Event, frozen=True, tag="crm.customer.contact_method_restored.v1"):
    """Messages arrive again."""

    method_id: UUID

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_method(self.method_id, bounce=None, since=metadata.occurred_at)


class ConsentGiven(Event, frozen=True, tag="crm.customer.consent_given.v1"):
    """Consent for one purpose on one channel, and for one contact method if given. `source` is a code such as `web_form`."""

    purpose: str
    channel: str
    method_id: UUID | None = None
    legal_basis: LegalBasis = "consent"
    opt_in: OptIn = "unknown"
    wording_version: str | None = None
    source: str | None = None
    expires: datetime | None = None
    evidence: Personal[str] = None

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_consent((self.purpose, self.channel, self.method_id), metadata.occurred_at, self)


class ConsentWithdrawn(Event, frozen=True, tag="crm.customer.consent_withdrawn.v1"):
    purpose: str
    channel: str
    method_id: UUID | None = None
    source: str | None = None
    evidence: Personal[str] = None

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_consent((self.purpose, self.channel, self.method_id), metadata.occurred_at, None)


class AnonymousIdLinked(Event, frozen=True, tag="crm.customer.anonymous_id_linked.v1"):
    """The id of a visitor who is now known to be this customer."""

    anonymous_id: Personal[str] = None

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.anonymous_ids.add(self.anonymous_id)


class Archived(Event, frozen=True, tag="crm.customer.archived.v1"):
    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.archived, customer.archived_or_restored = True, metadata.occurred_at


class Restored(Event, frozen=True, tag="crm.customer.restored.v1"):
    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.archived, customer.archived_or_restored = False, metadata.occurred_at


class Merged(Event, frozen=True, tag="crm.customer.merged.v1"):
    """The customer is the same person as the survivor, and is erased with them.

    Earlier events stay on their original customer.
    """

    into: UUID

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.survivor, customer.merged_at = self.into, metadata.occurred_at

    def concerns(self) -> tuple[UUID, ...]:
        return (self.into,)

    def erased_with(self) -> tuple[UUID, ...]:
        return (self.into,)


class Unmerged(Event, frozen=True, tag="crm.customer.unmerged.v1"):
    """The merge is undone: the two customers are different persons."""

    survivor: UUID

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.survivor, customer.merged_at = None, None

    def concerns(self) -> tuple[UUID, ...]:
        return (self.survivor,)

    def parted_from(self) -> tuple[UUID, ...]:
        return (self.survivor,)


class Erased(Event, frozen=True, tag="crm.customer.erased.v1"):
    """Permanent. All fields are plain, so that the proof of erasure stays readable without the key.

    `receipt` is the code of the proof.
    """

    reason: ErasureReason
    requested_by: Requester
    receipt: str

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.forget()

    def erases(self) -> bool:
        return True


class PlainTextsSet(common.PlainTextsSet, frozen=True, tag="crm.customer.plain_texts_set.v1"):
    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        super().apply(aggregate, metadata)
        cast("Customer", aggregate).note_plain_texts(self.texts, metadata)


ANNOTATIONS = AnnotationEvents.of("customer", plain_texts_set=PlainTextsSet)

EVENTS: tuple[type[Event], ...] = (
    Registered,
    DetailsChanged,
    ContactMethodAdded,
    ContactMethodVerified,
    ContactMethodRemoved,
    ContactMethodUndeliverable,
    ContactMethodRestored,
    ConsentGiven,
    ConsentWithdrawn,
    AnonymousIdLinked,
    Archived,
    Restored,
    Merged,
    Unmerged,
    Erased,
    *ANNOTATIONS,
)
