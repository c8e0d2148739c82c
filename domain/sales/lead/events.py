"""Events of a lead."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from domain.sales import funnel
from domain.shared.erasure import ErasureReason, Requester
from domain.shared.events import Event, Metadata, Value
from domain.shared.personal import Personal

if TYPE_CHECKING:
    from domain.sales.lead.lead import Lead


class Contact(Value, frozen=True):
    """The known contact data of the interested person. `handle` is their name on the channel, such as `@ada`."""

    name: str | None = None
    organisation: str | None = None
    email: str | None = None
    phone: str | None = None
    handle: str | None = None


class Captured(Event, frozen=True, tag="crm.lead.captured.v1"):
    """A lead without a customer is its own subject. `origin` is a code; None is not the same as the code `unknown`.

    `value` is the estimated value of the lead.
    """

    number: str
    channel: str | None = None
    customer_id: UUID | None = None
    contact: Personal[Contact] = None
    origin: str | None = None
    campaign_id: UUID | None = None
    value: Decimal | None = None
    currency: str | None = None

    def subject(self, stream: UUID) -> UUID:
        return self.customer_id or stream

    def apply(self, lead: Lead, metadata: Metadata) -> None:
        lead.captured, lead.begun_at = self, metadata.occurred_at
        lead.customer_id = self.customer_id


class StageChanged(funnel.StageChanged, frozen=True, tag="crm.lead.stage_changed.v1"): ...


class Qualified(Event, frozen=True, tag="crm.lead.qualified.v1"):
    """The lead is worth pursuing."""

    def apply(self, lead: Lead, metadata: Metadata) -> None:
        lead.qualified_at = metadata.occurred_at


class Converted(Event, frozen=True, tag="crm.lead.converted.v1"):
    """The lead was converted to a customer. Its stream keeps its subject. `value` is the actual value."""

    customer_id: UUID
    deal_id: UUID | None = None
    order_id: UUID | None = None
    value: Decimal | None = None
    currency: str | None = None

    def concerns(self) -> tuple[UUID, ...]:
        return (self.customer_id,)

    def erased_with(self) -> tuple[UUID, ...]:
        return (self.customer_id,)

    def apply(self, lead: Lead, metadata: Metadata) -> None:
        lead.conversion, lead.customer_id = self, self.customer_id
        lead.end("converted", metadata.occurred_at)


class Lost(funnel.Lost, frozen=True, tag="crm.lead.lost.v1"): ...


class Reopened(Event, frozen=True, tag="crm.lead.reopened.v1"):
    """The converted or lost lead is open again; its conversion no longer counts."""

    reason: str | None = None

    def apply(self, lead: Lead, metadata: Metadata) -> None:
        lead.conversion = None
        lead.note_reopened(metadata.occurred_at)


class Erased(Event, frozen=True, tag="crm.lead.erased.v1"):
    """Permanent. Only a lead that is its own subject can have this event.

    All fields are plain, so that the proof of erasure stays readable without the key.
    """

    reason: ErasureReason
    requested_by: Requester
    receipt: str

    def erases(self) -> bool:
        return True

    def apply(self, lead: Lead, metadata: Metadata) -> None:
        lead.forget()
