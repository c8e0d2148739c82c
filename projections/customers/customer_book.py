"""A customer's state as read models keep it between batches, folded from the customer's own events by their appliers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from domain.customers.customer.consent import Consent, ConsentKey
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import AcquisitionSource, Kind
from domain.customers.customer.reach import KnownMethod
from domain.shared.attributes import Number
from domain.shared.contact import Address
from domain.shared.events import Event, Recorded

CUSTOMER_EVENTS: tuple[type[Event], ...] = tuple(Customer.events)


class Details(msgspec.Struct, omit_defaults=True):
    kind: Kind
    name: str | None = None
    address: Address | None = None
    source: AcquisitionSource | None = None
    language: str | None = None
    time_zone: str | None = None


class Kept(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A customer's full state, as it is dumped. Contact methods are in the order in which they were added."""

    details: Details
    methods: list[KnownMethod]
    assignment: tuple[str | None, str | None]
    tags: set[str]
    plain_attributes: dict[str, str | Number] = {}
    personal_attributes: dict[str, str] = {}
    external_ids: list[tuple[str, str | None]]
    anonymous_ids: list[str | None]
    consents: list[tuple[ConsentKey, Consent]]
    archived: bool
    archived_or_restored: datetime | None


_encode = msgspec.json.Encoder(order="deterministic").encode
opened = msgspec.json.Decoder(Kept).decode
"""The full state of a dumped book."""


class CustomerBook(Customer):
    """A customer's state that can be folded, dumped and loaded."""

    @classmethod
    def load(cls, id: UUID, text: str | None) -> CustomerBook:
        """The book as it was dumped; an empty book if `text` is None."""
        book = cls(id)
        if text is not None:
            book._restore(opened(text))
        return book

    def fold(self, recorded: Recorded) -> None:
        recorded.event.apply(self, recorded.metadata)

    def dump(self) -> str:
        return _encode(
            Kept(
                details=Details(**self.details),
                methods=list(self.methods.values()),
                assignment=self.assignment,
                tags=self.tags,
                plain_attributes=self.plain_attributes,
                personal_attributes=self.personal_attributes,
                external_ids=sorted(self.external_ids, key=str),
                anonymous_ids=sorted(self.anonymous_ids, key=str),
                consents=sorted(self.consents.items(), key=str),
                archived=self.archived,
                archived_or_restored=self.archived_or_restored,
            )
        ).decode()

    def _restore(self, kept: Kept) -> None:
        self.details = msgspec.structs.asdict(kept.details)
        self.methods = {known.method.method_id: known for known in kept.methods}
        self.assignment, self.tags = kept.assignment, kept.tags
        self.take_up_attributes(kept.plain_attributes, kept.personal_attributes)
        self.external_ids, self.anonymous_ids = set(kept.external_ids), set(kept.anonymous_ids)
        self.consents = dict(kept.consents)
        self.archived, self.archived_or_restored = kept.archived, kept.archived_or_restored
