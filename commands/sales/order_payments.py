"""The commands on the payments of an order. Amounts are in the order's currency."""

from __future__ import annotations

from commands.shared.deciding import decides
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentAuthorised, PaymentCaptured, PaymentFailed
from domain.sales.order.refunds import PaymentChargedBack, PaymentRefunded

authorise_payment = decides(Order, Order.authorise_payment, of=PaymentAuthorised)
capture_payment = decides(Order, Order.capture_payment, of=PaymentCaptured)
"""Uses up an authorisation with the same id."""
void_payment = decides(Order, Order.void_payment)
fail_payment = decides(Order, Order.fail_payment, of=PaymentFailed)
charge_back_payment = decides(Order, Order.charge_back_payment, of=PaymentChargedBack)
reverse_payment = decides(Order, Order.reverse_payment)
"""Reverses an authorisation, capture, chargeback or refund."""
refund_payment = decides(Order, Order.refund_payment, of=PaymentRefunded)
