"""A lead: a person who may become a customer, or a customer who may buy something else."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack, get_args
from uuid import UUID

import msgspec

from domain.sales.funnel import Pursuit, optional_amount
from domain.sales.lead.events import Captured, Contact, Converted, Erased, Lost, Qualified, Reopened, StageChanged
from domain.sales.lead.refusals import (
    BEFORE_CAPTURE,
    LeadBeforeCapture,
    LeadCapturedOtherwise,
    LeadConvertedOtherwise,
    LeadEnded,
    LeadErased,
    LeadNotEnded,
    LeadOfCustomer,
)
from domain.shared.aggregate import decision
from domain.shared.annotations import AnnotationEvents
from domain.shared.erasure import ErasureReason, ImportMayNotErase, Requester
from domain.shared.events import Context
from domain.shared.occurrence import over_before
from domain.shared.refusals import Malformed
from domain.shared.text import code, optional_code, text

NUMBER_LENGTH = 64


class Facts(TypedDict, total=False):
    """The optional facts of a new lead, in addition to its number and its customer."""

    channel: str | None
    contact: Contact | None
    origin: str | None
    campaign_id: UUID | None
    value: Decimal | None
    currency: str | None


class Lead(Pursuit):
    name = "lead"
    annotation_events = AnnotationEvents.of("lead")
    events = (Captured, StageChanged, Qualified, Converted, Lost, Reopened, Erased, *annotation_events)
    early, already_ended, not_ended = LeadBeforeCapture, LeadEnded, LeadNotEnded

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.captured: Captured | None = None
        self.customer_id: UUID | None = None
        self.qualified_at: datetime | None = None
        self.conversion: Converted | None = None
        self.erased = False

    @property
    def number(self) -> str | None:
        return self.captured.number if self.captured else None

    def admit(self) -> None:
        if self.erased:
            raise LeadErased(f"The lead {self.id} was erased.", id=self.id)

    @decision
    def capture(
        self,
        context: Context,
        *,
        number: str,
        customer_id: UUID | None = None,
        external: tuple[str, str] | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Raises Malformed, and LeadCapturedOtherwise if it is already captured with other values."""
        number = text(number, "number", NUMBER_LENGTH)
        captured = Captured(number=number, customer_id=customer_id, **checked(facts))
        self.record_first(context, self.captured, captured, LeadCapturedOtherwise)
        self.note_external_id(context, external)

    @decision
    def change_stage(self, context: Context, stage: str) -> None:
        """Raises Malformed; LeadEnded (a flag on import)."""
        event = StageChanged(stage=code(stage, "stage"))
        self.change_status(context, event, self.staged_at if stage == self.stage else None, self.refuse_ended)

    @decision
    def qualify(self, context: Context) -> None:
        """Raises LeadEnded (a flag on import)."""
        self.change_status(context, Qualified(), self.qualified_at, self.refuse_ended)

    @decision
    def convert(self, context: Context, converted: Converted) -> None:
        """Flagged if the conversion is earlier than the capture.

        Raises Malformed, LeadConvertedOtherwise; LeadEnded (a flag on import).
        """
        exact = msgspec.structs.replace(converted, value=optional_amount(converted.value, converted.currency))
        if self.conversion is None:
            if not self.was_recorded(context, exact):
                self.record(context, exact, *self._before_capture(context), *self.refuse_ended(context))
        elif self.conversion != exact:
            raise LeadConvertedOtherwise(id=self.id, **self.ended_in())
        else:
            self.record_status(context, exact, self.ended_at, *self._before_capture(context))

    @decision
    def lose(self, context: Context, *, reason: str | None = None) -> None:
        """`reason` is a code. Raises Malformed; LeadEnded if it is converted (a flag on import)."""
        lost = Lost(reason=optional_code(reason, "reason"))
        self.change_status(context, lost, self.ended_at if self.ended == "lost" else None, self.refuse_ended)

    @decision
    def reopen(self, context: Context, *, reason: str | None = None) -> None:
        """`reason` is a code. Raises Malformed; LeadNotEnded (a flag on import)."""
        reopened = Reopened(reason=optional_code(reason, "reason"))
        self.change_status(context, reopened, None if self.ended else self.reopened_at, self.refuse_open)

    def erase(self, context: Context, *, reason: ErasureReason, requested_by: Requester, receipt: str) -> None:
        """Erases the lead permanently. A repeat records nothing.

        Raises LeadOfCustomer, ImportMayNotErase, NotThere, Malformed.
        """
        if not self.erased:
            self._erase(context, reason, requested_by, receipt)

    @decision
    def _erase(self, context: Context, reason: ErasureReason, requested_by: Requester, receipt: str) -> None:
        self.require()
        if context.importing:
            raise ImportMayNotErase
        if self.subject != self.id:
            raise LeadOfCustomer(customer_id=self.subject)
        if reason not in get_args(ErasureReason) or requested_by not in get_args(Requester):
            raise Malformed("The reason or the requester of the erasure is unknown.")
        self.record(context, Erased(reason=reason, requested_by=requested_by, receipt=code(receipt, "receipt")))

    def ended_in(self) -> dict[str, Any]:
        """The customer, deal and order that the lead was converted to."""
        if self.conversion is None:
            return {}
        ids = {name: getattr(self.conversion, name) for name in ("customer_id", "deal_id", "order_id")}
        return {name: id for name, id in ids.items() if id is not None}

    def forget(self) -> None:
        """Deletes all personal data. The time of capture and the outcome remain."""
        self.erased = True
        self.external_ids, self.attributes, self.attachments = set(), {}, set()
        if self.captured:
            self.captured = msgspec.structs.replace(self.captured, contact=None)

    def _before_capture(self, context: Context) -> tuple[str, ...]:
        return (BEFORE_CAPTURE,) if over_before(context, self.begun_at) else ()


def checked(facts: Facts) -> Facts:
    """The facts in the form in which they are recorded. Raises Malformed."""
    clean = facts.copy()
    clean["channel"] = optional_code(facts.get("channel"), "channel")
    clean["origin"] = optional_code(facts.get("origin"), "origin")
    clean["value"] = optional_amount(facts.get("value"), facts.get("currency"))
    if contact := facts.get("contact"):
        parts = {name: value and text(value, name) for name, value in msgspec.structs.asdict(contact).items()}
        clean["contact"] = Contact(**parts) if any(parts.values()) else None
    return clean
