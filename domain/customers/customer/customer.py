"""A customer: details, contact methods, consents and relations; archiving, merging and erasure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from msgspec import UNSET

from domain.customers.customer import facts
from domain.customers.customer.events import (
    ANNOTATIONS,
    EVENTS,
    AcquisitionSource,
    AnonymousIdLinked,
    Archived,
    ConsentWithdrawn,
    ContactMethod,
    ContactMethodRemoved,
    ContactMethodRestored,
    ContactMethodUndeliverable,
    ContactMethodVerified,
    Detail,
    DetailsChanged,
    Erased,
    Kind,
    Merged,
    PlainTextsSet,
    Registered,
    Restored,
    Unmerged,
)
from domain.customers.customer.reach import METHOD_LIMIT
from domain.customers.customer.refusals import (
    CustomerAlreadyRegistered,
    CustomerErased,
    CustomerMerged,
    KindRequired,
    MergedIntoThemselves,
    NeitherNameNorContact,
    TooManyContactMethods,
)
from domain.customers.customer.relation_events import RelationAdded, RelationEnded
from domain.customers.customer.relations import Relating
from domain.shared.aggregate import decision
from domain.shared.attributes import Number, checked_attributes, split_attributes
from domain.shared.contact import Address
from domain.shared.erasure import ErasureReason, ImportMayNotErase, Requester
from domain.shared.events import Context, Event, Metadata
from domain.shared.given import Given
from domain.shared.text import choice, code, optional_code, text

ON_MERGED = (
    Merged,
    Unmerged,
    RelationEnded,
    ConsentWithdrawn,
    ContactMethodVerified,
    ContactMethodUndeliverable,
    ContactMethodRestored,
    ContactMethodRemoved,
    Archived,
    Restored,
    ANNOTATIONS.untagged,
    ANNOTATIONS.external_id_unlinked,
)
"""Events that a merged customer accepts: they end or qualify what was recorded for this customer, and not for the survivor."""


class Customer(Relating):
    name = "customer"
    events = (*EVENTS, RelationAdded, RelationEnded)
    annotation_events = ANNOTATIONS

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.registration: Registered | None = None
        self.registered_by: tuple[datetime, UUID | None] | None = None
        self.anonymous_ids: set[str | None] = set()
        self.archived = False
        self.archived_or_restored: datetime | None = None
        self.erased = False
        self.survivor: UUID | None = None
        self.merged_at: datetime | None = None

    def admit(self) -> None:
        if self.erased:
            raise CustomerErased(f"The customer {self.id} was erased.", id=self.id)

    def record(self, context: Context, event: Event, *irregular: str) -> None:
        """A merged customer accepts only the events in `ON_MERGED` and removals of attributes.

        Raises CustomerMerged for all other events.
        """
        if self.survivor is not None and not (isinstance(event, ON_MERGED) or _removes_attributes(event)):
            raise self._merged_already()
        super().record(context, event, *irregular)

    # Registration and details

    @decision
    def register(
        self,
        context: Context,
        *,
        kind: Kind,
        name: str | None = None,
        contact_methods: Iterable[ContactMethod] = (),
        address: Address | None = None,
        source: AcquisitionSource | None = None,
        owner: str | None = None,
        team: str | None = None,
        language: str | None = None,
        time_zone: str | None = None,
        attributes: Mapping[str, str | Number | None] | None = None,
        plain: Collection[str] = (),
        region: str | None = None,
    ) -> None:
        """`plain` are the keys of attributes whose texts are not personal.

        Raises NeitherNameNorContact, CustomerAlreadyRegistered, TooManyContactMethods, MoreThanOnePrimary or Malformed.
        """
        checked = checked_attributes(attributes or {})
        stated = {key: value for key, value in checked.items() if value is not None}
        numbers, plain_texts, texts = split_attributes(stated, {}, (), plain)
        details = facts.stated_details(
            kind=kind, name=name, address=address, source=source, language=language, time_zone=time_zone
        )
        registered = Registered(
            **details,
            contact_methods=facts.contact_methods(contact_methods, region),
            owner=optional_code(owner, "owner"),
            team=optional_code(team, "team"),
            numbers=numbers,
            texts=texts or None,
        )
        self._register(context, registered, plain_texts)

    def _register(self, context: Context, registered: Registered, plain_texts: dict[str, str | None]) -> None:
        if self.exists:
            if not registered.with_texts(plain_texts).states_the_same_as(self.registration):
                raise CustomerAlreadyRegistered(f"The customer {self.id} is already registered, with other values.", id=self.id)
            return
        if registered.name is None and not registered.contact_methods:
            raise NeitherNameNorContact
        if len(registered.contact_methods) > METHOD_LIMIT:
            raise TooManyContactMethods
        self.record(context, registered)
        if plain_texts:
            self.record(context, PlainTextsSet(texts=plain_texts))

    @decision
    def change_details(
        self,
        context: Context,
        *,
        kind: Given[Kind] = UNSET,
        name: Given[str | None] = UNSET,
        address: Given[Address | None] = UNSET,
        source: Given[AcquisitionSource | None] = UNSET,
        language: Given[str | None] = UNSET,
        time_zone: Given[str | None] = UNSET,
    ) -> None:
        """Records only changes: UNSET keeps a value, None clears it. Raises KindRequired, NeitherNameNorContact, Malformed."""
        changed = self.changed_details(
            kind=kind, name=name, address=address, source=source, language=language, time_zone=time_zone
        )
        if changed.get("kind", kind) is None:
            raise KindRequired
        if changed.get("name", name) is None and not self.present_methods():
            raise NeitherNameNorContact
        cleared = tuple(field for field in get_args(Detail) if field in changed and changed[field] is None)
        values = {field: value for field, value in changed.items() if value is not None}
        if changed:
            self.record_once(context, DetailsChanged(cleared=cleared, **values))

    @decision
    def link_anonymous_id(self, context: Context, anonymous_id: str) -> None:
        anonymous_id = text(anonymous_id, "anonymous id")
        if anonymous_id not in self.anonymous_ids:
            self.record(context, AnonymousIdLinked(anonymous_id=anonymous_id))

    # Archiving

    @decision
    def archive(self, context: Context) -> None:
        self.record_status(context, Archived(), self.archived_or_restored if self.archived else None)

    @decision
    def restore(self, context: Context) -> None:
        """Records nothing if the customer was never archived."""
        if self.archived_or_restored is not None:
            self.record_status(context, Restored(), None if self.archived else self.archived_or_restored)

    # Merging

    @decision
    def merge_into(self, context: Context, survivor: UUID) -> None:
        """The caller checks that `survivor` is not merged itself.

        Raises MergedIntoThemselves, and CustomerMerged if this customer is already merged into another one.
        """
        self.require()
        if survivor == self.id:
            raise MergedIntoThemselves
        if self.survivor not in (None, survivor):
            raise self._merged_already()
        self.record_status(context, Merged(into=survivor), self.merged_at)

    @decision
    def unmerge(self, context: Context) -> None:
        """Records nothing if the customer is not merged."""
        self.require()
        if self.survivor is not None:
            self.record_once(context, Unmerged(survivor=self.survivor))

    def _merged_already(self) -> CustomerMerged:
        return CustomerMerged(f"The customer {self.id} was merged into {self.survivor}.", id=self.id, survivor=self.survivor)

    # Erasure

    def erase(self, context: Context, *, reason: ErasureReason, requested_by: Requester, receipt: str) -> None:
        """Erases the customer permanently. A repeat records nothing. Raises ImportMayNotErase, NotThere or Malformed."""
        if not self.erased:
            self._erase(context, reason, requested_by, receipt)

    @decision
    def _erase(self, context: Context, reason: ErasureReason, requested_by: Requester, receipt: str) -> None:
        self.require()
        if context.importing:
            raise ImportMayNotErase
        choice(reason, ErasureReason, "reason")
        choice(requested_by, Requester, "requester")
        self.record(context, Erased(reason=reason, requested_by=requested_by, receipt=code(receipt, "receipt")))

    # State

    def changed_details(self, **stated: Any) -> dict[str, Any]:
        """The stated details that differ from the known ones, as they are recorded. Raises Malformed."""
        checked = facts.stated_details(**stated)
        return {field: value for field, value in checked.items() if self.details.get(field) != value}

    def note_plain_texts(self, texts: dict[str, str | None], metadata: Metadata) -> None:
        """Adds the plain texts to the registration if the same command registered the customer."""
        if self.registration is not None and self.registered_by == (metadata.recorded_at, metadata.command_id):
            self.registration = self.registration.with_texts(texts)

    def forget(self) -> None:
        """Deletes all state of the person. Only the version, the subject and the mark `erased` remain."""
        fresh = Customer(self.id)
        kept = ("id", "version", "subject", "pending")
        vars(self).update({field: value for field, value in vars(fresh).items() if field not in kept})
        self.erased = True


def _removes_attributes(event: Event) -> bool:
    """Whether the event only removes attributes, and sets none."""
    if isinstance(event, ANNOTATIONS.attributes_set):
        values = (*event.numbers.values(), *(event.texts or {}).values())
    elif isinstance(event, PlainTextsSet):
        values = tuple(event.texts.values())
    else:
        return False
    return all(value is None for value in values)
