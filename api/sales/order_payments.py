"""Commands on an order's money over HTTP: authorisations, captures, refunds and reversals."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from api.sales import order_payment_bodies as bodies
from api.sales.orders import ORDERS
from api.shared.access import may
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from commands.sales import order_payments

router = Router(
    prefix="/v1/orders/{id}",
    tags=["orders"],
    route_class=StrictRoute,
    dependencies=[may("orders:write")],
    responses=ACCEPTED,
)

PaymentId = Annotated[str, Path(min_length=1, max_length=64)]
RefundId = Annotated[str, Path(min_length=1, max_length=64)]


@router.post("/payments")
async def capture_payment(request: Request, id: UUID, body: bodies.PaymentBody) -> Response:
    """Record a captured payment. It uses up the authorisation with the same id. More than is due is recorded and flagged."""
    return await ORDERS.by_id(request, id, order_payments.capture_payment, body)


@router.post("/payments/authorisations")
async def authorise_payment(request: Request, id: UUID, body: bodies.PaymentBody) -> Response:
    """Record an authorised payment, which can be captured or voided later."""
    return await ORDERS.by_id(request, id, order_payments.authorise_payment, body)


@router.post("/payments/{payment_id}/void")
async def void_payment(request: Request, id: UUID, payment_id: PaymentId, body: CommandBody | None = None) -> Response:
    """Void an authorisation that will not be used."""
    return await ORDERS.by_id(request, id, order_payments.void_payment, body, payment_id=payment_id)


@router.post("/payments/{payment_id}/failure")
async def fail_payment(request: Request, id: UUID, payment_id: PaymentId, body: bodies.FailureBody) -> Response:
    """Record a failed payment attempt."""
    return await ORDERS.by_id(request, id, order_payments.fail_payment, body, payment_id=payment_id)


@router.post("/payments/{payment_id}/chargeback")
async def charge_back_payment(request: Request, id: UUID, payment_id: PaymentId, body: bodies.ChargebackBody) -> Response:
    """Record that the customer's bank took the payment back."""
    return await ORDERS.by_id(request, id, order_payments.charge_back_payment, body, payment_id=payment_id)


@router.post("/payments/{payment_id}/reversal")
async def reverse_payment(
    request: Request, id: UUID, payment_id: PaymentId, body: bodies.PaymentReversalBody | None = None
) -> Response:
    """Reverse the payment's capture, or the authorisation or chargeback that `fact` names."""
    return await ORDERS.by_id(request, id, order_payments.reverse_payment, body or bodies.PaymentReversalBody(), id=payment_id)


@router.post("/refunds")
async def refund_payment(request: Request, id: UUID, body: bodies.RefundBody) -> Response:
    """Record a refund. A refund of more than was captured, or without a return, is recorded and flagged."""
    return await ORDERS.by_id(request, id, order_payments.refund_payment, body)


@router.post("/refunds/{refund_id}/reversal")
async def reverse_refund(
    request: Request, id: UUID, refund_id: RefundId, body: bodies.RefundReversalBody | None = None
) -> Response:
    """Reverse a refund that is no longer valid."""
    return await ORDERS.by_id(request, id, order_payments.reverse_payment, body or bodies.RefundReversalBody(), id=refund_id)
