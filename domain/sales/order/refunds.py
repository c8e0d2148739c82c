"""Refunds (each with its own id), chargebacks, and reversals of payment facts that were wrong."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from domain.sales.order.payments import Payment, PaymentAuthorised, PaymentCaptured, PaymentKnownOtherwise, Payments
from domain.sales.order.returns import LinesReturned, ReturnRequested, ReturnUnknown
from domain.sales.order.state import MoneyFact, State
from domain.sales.order.values import RefundedLine, check_codes, check_lines, check_reasons, free_text, not_negative
from domain.shared import money
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata, type_name
from domain.shared.personal import Personal
from domain.shared.refusals import AlreadyThere, NotThere

CHARGEBACK = "chargeback"
CHARGEBACK_ABOVE_CAPTURED = "chargeback-above-captured"
REFUND_ABOVE_CAPTURED = "refund-above-captured"
REFUND_WITHOUT_RETURN = "refund-without-return"
REFUND_DIFFERS = "refund-differs-from-lines"


class RefundUnknown(NotThere):
    """The order has no such refund."""


class RefundKnownOtherwise(AlreadyThere):
    """This refund is already recorded, with other values."""


class PaymentChargedBack(Payment, frozen=True, tag="crm.order.payment_charged_back.v1"):
    """The customer's bank took back a captured payment."""

    reason: str | None = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.payment_id)
        order.money["chargeback"][self.payment_id] = self.amount


class PaymentReversed(Event, frozen=True, tag="crm.order.payment_reversed.v1"):
    """A payment fact did not happen. `fact` is its kind; `payment_id`, or `refund_id` for a refund, identifies it."""

    fact: MoneyFact
    amount: Decimal
    payment_id: str | None = None
    refund_id: str | None = None
    reason: str | None = None
    reference: Personal[str] = None

    def apply(self, order: State, metadata: Metadata) -> None:
        id = self.payment_id or self.refund_id or ""
        order.remember(self, self.fact, id)
        order.money[self.fact].pop(id, None)


class PaymentRefunded(Event, frozen=True, tag="crm.order.payment_refunded.v1"):
    """Money was paid back: `amount` in total, `shipping_amount` of it for shipping, and the amounts of `lines` for goods."""

    refund_id: str
    amount: Decimal
    payment_id: str | None = None
    return_id: str | None = None
    lines: tuple[RefundedLine, ...] = ()
    shipping_amount: Decimal = Decimal(0)
    reason: str | None = None
    method: str | None = None
    gateway: str | None = None
    reference: Personal[str] = None

    def apply(self, order: State, metadata: Metadata) -> None:
        order.remember(self, self.refund_id)
        order.money["refund"][self.refund_id] = self.amount


class Refunds(Payments):
    @decision
    def charge_back_payment(self, context: Context, payment: PaymentChargedBack) -> None:
        check_reasons(payment.reason)
        event = self._checked(payment)
        self._recorded_payment(PaymentCaptured, event.payment_id)
        if not self.knows(event, PaymentKnownOtherwise, event.payment_id):
            above = event.amount > self.money["capture"].get(event.payment_id, Decimal(0))
            self.record(context, event, CHARGEBACK, *([CHARGEBACK_ABOVE_CAPTURED] if above else []))

    @decision
    def reverse_payment(
        self, context: Context, fact: MoneyFact, id: str, *, reason: str | None = None, reference: str | None = None
    ) -> None:
        """`id` is that of the payment, or of the refund if a refund is reversed. Raises PaymentUnknown, RefundUnknown."""
        check_reasons(reason)
        event = PaymentReversed(
            fact=fact,
            amount=self._recorded_amount(fact, id),
            payment_id=None if fact == "refund" else id,
            refund_id=id if fact == "refund" else None,
            reason=reason,
            reference=free_text(reference),
        )
        if not self.knows(event, PaymentKnownOtherwise, fact, id):
            capture = self.money["capture"].get(id, Decimal(0)) if fact == "capture" else Decimal(0)
            above = capture > 0 and self.sum("refund") > self.sum("capture") - capture
            self.record(context, event, *([REFUND_ABOVE_CAPTURED] if above else []))

    @decision
    def refund_payment(self, context: Context, refund: PaymentRefunded) -> None:
        """Raises PaymentUnknown, ReturnUnknown, UnknownLine, Malformed."""
        event = self._checked_refund(refund)
        if not self.knows(event, RefundKnownOtherwise, event.refund_id):
            self.record(context, event, *self._irregular_refund(event))

    def _checked_refund(self, refund: PaymentRefunded) -> PaymentRefunded:
        check_codes(refund.refund_id, refund.method, refund.gateway)
        check_reasons(refund.reason)
        if refund.payment_id is not None:
            self._recorded_payment(PaymentCaptured, refund.payment_id)
        self._refuse_unknown_return(refund.return_id)
        return replace(
            refund,
            amount=money.positive(refund.amount, self.currency),
            shipping_amount=not_negative(refund.shipping_amount, self.currency),
            lines=self._checked_lines(refund.lines),
            reference=free_text(refund.reference),
        )

    def _checked_lines(self, lines: Sequence[RefundedLine]) -> tuple[RefundedLine, ...]:
        exact = check_lines(lines, self.line_ids) if lines else ()
        return tuple(
            replace(line, amount=not_negative(line.amount, self.currency), tax=not_negative(line.tax, self.currency))
            for line in exact
        )

    def _irregular_refund(self, refund: PaymentRefunded) -> list[str]:
        flags = []
        if self.sum("refund") + refund.amount > self.sum("capture"):
            flags.append(REFUND_ABOVE_CAPTURED)
        # An overpayment is refunded without returned goods. For a cancelled order, all captured money is an overpayment.
        if refund.return_id is None and refund.amount > self.kept - self.owed:
            flags.append(REFUND_WITHOUT_RETURN)
        by_line = sum((line.amount for line in refund.lines), refund.shipping_amount)
        if by_line > refund.amount or (refund.lines and by_line < refund.amount):
            flags.append(REFUND_DIFFERS)
        return flags

    def _refuse_unknown_return(self, return_id: str | None) -> None:
        known = return_id is None or self.is_recorded(ReturnRequested, return_id) or self.is_recorded(LinesReturned, return_id)
        if not known:
            raise ReturnUnknown(return_id=return_id)

    def _recorded_amount(self, fact: MoneyFact, id: str) -> Decimal:
        if fact != "refund":
            return self._recorded_payment(PAYMENT_FACTS[fact], id).amount
        recorded = self.recorded_facts.get((type_name(PaymentRefunded), id))
        if not isinstance(recorded, PaymentRefunded):
            raise RefundUnknown(refund_id=id)
        return recorded.amount


PAYMENT_FACTS: dict[str, type[Payment]] = {
    "authorisation": PaymentAuthorised,
    "capture": PaymentCaptured,
    "chargeback": PaymentChargedBack,
}
