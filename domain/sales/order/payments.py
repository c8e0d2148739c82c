"""Payments for an order, each with its own id: authorised, captured, voided or failed.

Payments are facts from outside. A payment that breaks a rule is recorded and flagged; only an impossible one is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from msgspec.structs import replace

from domain.sales.order.state import State
from domain.sales.order.values import check_codes, check_reasons, free_text
from domain.shared import money
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata, type_name
from domain.shared.personal import Personal
from domain.shared.refusals import AlreadyThere, NotThere, Refusal

P = TypeVar("P", bound="Payment")

PAYMENT_BEFORE_CONFIRMATION = "payment-before-confirmation"
PAYMENT_AFTER_CANCELLATION = "payment-after-cancellation"
PAYMENT_AFTER_VOID = "payment-after-void"
PAYMENT_OVER_DUE = "payment-over-due"


class PaymentUnknown(NotThere):
    """The order has no such payment."""


class PaymentKnownOtherwise(AlreadyThere):
    """This payment is already recorded, with other values."""


class PaymentIsCaptured(Refusal):
    """A captured payment cannot fail or be voided; refund or reverse it."""


class Payment(Event, frozen=True, tag="crm.order.payment"):
    """Base of the payment events, with their common fields. It is never recorded itself."""

    payment_id: str
    amount: Decimal
    method: str | None = None
    gateway: str | None = None
    reference: Personal[str] = None


class PaymentAuthorised(Payment, frozen=True, tag="crm.order.payment_authorised.v1"):
    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.payment_id)
        if not order.is_recorded(PaymentCaptured, self.payment_id):
            order.money["authorisation"][self.payment_id] = self.amount


class PaymentCaptured(Payment, frozen=True, tag="crm.order.payment_captured.v1"):
    """Money was received. It uses up the authorisation with the same id, even if the amounts differ."""

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.payment_id)
        order.money["authorisation"].pop(self.payment_id, None)
        order.money["capture"][self.payment_id] = self.amount


class PaymentVoided(Payment, frozen=True, tag="crm.order.payment_voided.v1"):
    """The authorisation will not be used."""

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.payment_id)
        order.money["authorisation"].pop(self.payment_id, None)
        order.voided.add(self.payment_id)


class PaymentFailed(Payment, frozen=True, tag="crm.order.payment_failed.v1"):
    """An attempt to pay failed."""

    reason: str | None = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.payment_id)
        order.money["authorisation"].pop(self.payment_id, None)


class Payments(State):
    @decision
    def authorise_payment(self, context: Context, payment: PaymentAuthorised) -> None:
        event = self._checked(payment)
        if not self.knows(event, PaymentKnownOtherwise, event.payment_id):
            self.record(context, event, *self._after_cancellation())

    @decision
    def capture_payment(self, context: Context, payment: PaymentCaptured) -> None:
        event = self._checked(payment)
        if self.knows(event, PaymentKnownOtherwise, event.payment_id):
            return
        flags = [*self._after_cancellation()]
        if self.status == "open":
            flags.append(PAYMENT_BEFORE_CONFIRMATION)
        if self.is_recorded(PaymentVoided, event.payment_id):
            flags.append(PAYMENT_AFTER_VOID)
        if self.kept + event.amount > self.owed:
            flags.append(PAYMENT_OVER_DUE)
        self.record(context, event, *flags)

    @decision
    def void_payment(self, context: Context, payment_id: str) -> None:
        """Raises PaymentUnknown if it was never authorised, and PaymentIsCaptured."""
        authorised = self._recorded_payment(PaymentAuthorised, payment_id)
        event = PaymentVoided(
            payment_id=payment_id,
            amount=authorised.amount,
            method=authorised.method,
            gateway=authorised.gateway,
            reference=authorised.reference,
        )
        if not self.knows(event, PaymentKnownOtherwise, payment_id):
            self._refuse_captured(payment_id)
            self.record(context, event)

    @decision
    def fail_payment(self, context: Context, payment: PaymentFailed) -> None:
        check_reasons(payment.reason)
        event = self._checked(payment)
        if not self.knows(event, PaymentKnownOtherwise, event.payment_id):
            self._refuse_captured(event.payment_id)
            self.record(context, event)

    def _checked(self, payment: P) -> P:
        check_codes(payment.payment_id, payment.method, payment.gateway)
        exact = money.positive(payment.amount, self.currency)
        return replace(payment, amount=exact, reference=free_text(payment.reference))

    def _after_cancellation(self) -> tuple[str, ...]:
        return (PAYMENT_AFTER_CANCELLATION,) if self.status == "cancelled" else ()

    def _refuse_captured(self, payment_id: str) -> None:
        if self.is_recorded(PaymentCaptured, payment_id):
            raise PaymentIsCaptured(payment_id=payment_id)

    def _recorded_payment(self, kind: type[P], payment_id: str) -> P:
        recorded = self.recorded_facts.get((type_name(kind), payment_id))
        if not isinstance(recorded, kind):
            raise PaymentUnknown(payment_id=payment_id)
        return recorded
