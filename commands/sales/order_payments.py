"""What can be told about the money of an order. Amounts are in the order's currency."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentAuthorised, PaymentCaptured, PaymentFailed
from domain.sales.order.refunds import PaymentChargedBack, PaymentRefunded
from domain.sales.order.state import MoneyFact
from domain.sales.order.values import RefundedLine


def authorise_payment(
    work: UnitOfWork,
    *,
    order_id: UUID,
    payment_id: str,
    amount: Decimal,
    method: str | None = None,
    gateway: str | None = None,
    reference: str | None = None,
) -> Order:
    order = work.existing(Order, order_id)
    fact = PaymentAuthorised(payment_id=payment_id, amount=amount, method=method, gateway=gateway, reference=reference)
    order.authorise_payment(work.context, fact)
    return order


def capture_payment(
    work: UnitOfWork,
    *,
    order_id: UUID,
    payment_id: str,
    amount: Decimal,
    method: str | None = None,
    gateway: str | None = None,
    reference: str | None = None,
) -> Order:
    """Money came in; an authorisation with the same id is used up by it."""
    order = work.existing(Order, order_id)
    fact = PaymentCaptured(payment_id=payment_id, amount=amount, method=method, gateway=gateway, reference=reference)
    order.capture_payment(work.context, fact)
    return order


def void_payment(work: UnitOfWork, *, order_id: UUID, payment_id: str) -> Order:
    order = work.existing(Order, order_id)
    order.void_payment(work.context, payment_id)
    return order


def fail_payment(
    work: UnitOfWork,
    *,
    order_id: UUID,
    payment_id: str,
    amount: Decimal,
    method: str | None = None,
    gateway: str | None = None,
    reference: str | None = None,
    reason: str | None = None,
) -> Order:
    order = work.existing(Order, order_id)
    fact = PaymentFailed(
        payment_id=payment_id, amount=amount, method=method, gateway=gateway, reference=reference, reason=reason
    )
    order.fail_payment(work.context, fact)
    return order


def charge_back_payment(
    work: UnitOfWork,
    *,
    order_id: UUID,
    payment_id: str,
    amount: Decimal,
    method: str | None = None,
    gateway: str | None = None,
    reference: str | None = None,
    reason: str | None = None,
) -> Order:
    order = work.existing(Order, order_id)
    fact = PaymentChargedBack(
        payment_id=payment_id, amount=amount, method=method, gateway=gateway, reference=reference, reason=reason
    )
    order.charge_back_payment(work.context, fact)
    return order


def reverse_payment(
    work: UnitOfWork,
    *,
    order_id: UUID,
    fact: MoneyFact,
    id: str,
    reason: str | None = None,
    reference: str | None = None,
) -> Order:
    """An authorisation, capture, chargeback or refund did not hold; `id` is the payment's, or the refund's."""
    order = work.existing(Order, order_id)
    order.reverse_payment(work.context, fact, id, reason=reason, reference=reference)
    return order


def refund_payment(
    work: UnitOfWork,
    *,
    order_id: UUID,
    refund_id: str,
    amount: Decimal,
    payment_id: str | None = None,
    return_id: str | None = None,
    lines: Sequence[RefundedLine] = (),
    shipping_amount: Decimal = Decimal(0),
    reason: str | None = None,
    method: str | None = None,
    gateway: str | None = None,
    reference: str | None = None,
) -> Order:
    order = work.existing(Order, order_id)
    refund = PaymentRefunded(
        refund_id=refund_id,
        amount=amount,
        payment_id=payment_id,
        return_id=return_id,
        lines=tuple(lines),
        shipping_amount=shipping_amount,
        reason=reason,
        method=method,
        gateway=gateway,
        reference=reference,
    )
    order.refund_payment(work.context, refund)
    return order
