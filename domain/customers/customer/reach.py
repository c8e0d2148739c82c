"""Contact methods of a customer: their values, verification and deliverability."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.customers.customer import facts
from domain.customers.customer.events import (
    Bounce,
    ContactMethod,
    ContactMethodAdded,
    ContactMethodRemoved,
    ContactMethodRestored,
    ContactMethodUndeliverable,
    ContactMethodVerified,
)
from domain.customers.customer.refusals import (
    ContactMethodAlreadyThere,
    ContactMethodGone,
    NeitherNameNorContact,
    TooManyContactMethods,
    UnknownContactMethod,
)
from domain.shared.aggregate import decision
from domain.shared.annotations import Annotated
from domain.shared.events import Context
from domain.shared.text import choice

METHOD_LIMIT = 50


class KnownMethod(NamedTuple):
    """The state of a contact method. `since` is when it last became undeliverable or was restored."""

    method: ContactMethod
    verified: datetime | None = None
    bounce: Bounce | None = None
    since: datetime | None = None
    removed: bool = False


class Reachable(Annotated):
    """Mix-in: the decisions on contact methods."""

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.details: dict[str, Any] = {}
        self.methods: dict[UUID, KnownMethod] = {}

    @decision
    def add_contact_method(self, context: Context, method: ContactMethod, region: str | None = None) -> None:
        """Records nothing if the customer already has the value.

        Raises ContactMethodAlreadyThere, TooManyContactMethods or Malformed.
        """
        method = facts.contact_method(method, region)
        known = self.methods.get(method.method_id)
        if known and facts.contact_key(known.method) != facts.contact_key(method):
            raise ContactMethodAlreadyThere(method_id=method.method_id)
        present = self.present_methods()
        if any(facts.contact_key(other) == facts.contact_key(method) for other in present):
            return
        if len(present) >= METHOD_LIMIT:
            raise TooManyContactMethods
        self.record_once(context, ContactMethodAdded(**msgspec.structs.asdict(method)))

    @decision
    def verify_contact_method(self, context: Context, method_id: UUID) -> None:
        known = self.known_method(method_id)
        self.record_status(context, ContactMethodVerified(method_id=method_id), known.verified, *_late(known))

    @decision
    def remove_contact_method(self, context: Context, method_id: UUID) -> None:
        """Raises UnknownContactMethod, NeitherNameNorContact."""
        if self.known_method(method_id).removed:
            return
        if self.details.get("name") is None and len(self.present_methods()) == 1:
            raise NeitherNameNorContact
        self.record_once(context, ContactMethodRemoved(method_id=method_id))

    @decision
    def mark_undeliverable(self, context: Context, method_id: UUID, bounce: Bounce) -> None:
        """A fact from outside, flagged if the method was removed. Consent does not change. Raises UnknownContactMethod."""
        choice(bounce, Bounce, "bounce")
        known = self.known_method(method_id)
        since = known.since if known.bounce == bounce else None
        event = ContactMethodUndeliverable(method_id=method_id, bounce=bounce)
        self.record_status(context, event, since, *_late(known))

    @decision
    def restore_contact_method(self, context: Context, method_id: UUID) -> None:
        """Records nothing if the method was never undeliverable. Raises UnknownContactMethod."""
        known = self.known_method(method_id)
        if known.since is not None:
            since = None if known.bounce else known.since
            self.record_status(context, ContactMethodRestored(method_id=method_id), since, *_late(known))

    # State

    def present_methods(self) -> list[ContactMethod]:
        """The contact methods that are not removed, in the order in which they were added."""
        return [known.method for known in self.methods.values() if not known.removed]

    def contact_keys(self) -> set[tuple[str, str]]:
        """The keys of the contact methods that are not removed, to compare them with those of others."""
        return {facts.contact_key(method) for method in self.present_methods()}

    def has_contact(self, method: ContactMethod, region: str | None = None) -> bool:
        """Whether a method that is not removed has the same value. Raises Malformed."""
        return facts.contact_key(facts.contact_method(method, region)) in self.contact_keys()

    def note_new_method(self, method: ContactMethod) -> None:
        if method.primary:
            for id, known in self.methods.items():
                if known.method.kind == method.kind:
                    self.methods[id] = known._replace(method=msgspec.structs.replace(known.method, primary=False))
        self.methods[method.method_id] = KnownMethod(method)

    def note_method(self, method_id: UUID, **changes: Any) -> None:
        """Changes a method. A fold of what had happened by a moment may leave it out; then there is nothing to change."""
        if known := self.methods.get(method_id):
            self.methods[method_id] = known._replace(**changes)

    def known_method(self, method_id: UUID) -> KnownMethod:
        if method_id not in self.methods:
            raise UnknownContactMethod(method_id=method_id)
        return self.methods[method_id]


def _late(known: KnownMethod) -> tuple[str, ...]:
    return (ContactMethodGone.rule,) if known.removed else ()
