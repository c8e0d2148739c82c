"""Commands on the money of an order, over HTTP: authorised, captured, refunded, and what did not hold."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from api.sales import order_payment_bodies as bodies
from api.sales.orders import ORDERS
from api.shared.access import may
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED
from api.shared.strict import StrictRoute
from commands.sales import order_payments

router = APIRouter(
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
    """Money came in. It uses up the authorisation with the same id; more than is due is recorded and flagged."""
    return await ORDERS.by_id(request, id, order_payments.capture_payment, body)


@router.post("/payments/authorisations")
async def authorise_payment(request: Request, id: UUID, body: bodies.PaymentBody) -> Response:
    """Money is promised: it can be captured, or voided."""
    return await ORDERS.by_id(request, id, order_payments.authorise_payment, body)


@router.post("/payments/{payment_id}/void")
async def void_payment(request: Request, id: UUID, payment_id: PaymentId, body: CommandBody | None = None) -> Response:
    """The authorisation will not be used."""
    return await ORDERS.by_id(request, id, order_payments.void_payment, body, payment_id=payment_id)


@router.post("/payments/{payment_id}/failure")
async def fail_payment(request: Request, id: UUID, payment_id: PaymentId, body: bodies.FailureBody) -> Response:
    """An attempt to pay brought nothing."""
    return await ORDERS.by_id(request, id, order_payments.fail_payment, body, payment_id=payment_id)


@router.post("/payments/{payment_id}/chargeback")
async def charge_back_payment(request: Request, id: UUID, payment_id: PaymentId, body: bodies.ChargebackBody) -> Response:
    """The customer's bank took the payment back."""
    return await ORDERS.by_id(request, id, order_payments.charge_back_payment, body, payment_id=payment_id)


@router.post("/payments/{payment_id}/reversal")
async def reverse_payment(
    request: Request, id: UUID, payment_id: PaymentId, body: bodies.PaymentReversalBody | None = None
) -> Response:
    """What was told about the payment did not hold: its capture, if nothing else is named."""
    return await ORDERS.by_id(request, id, order_payments.reverse_payment, body or bodies.PaymentReversalBody(), id=payment_id)


@router.post("/refunds")
async def refund_payment(request: Request, id: UUID, body: bodies.RefundBody) -> Response:
    """Money went back. More than was captured, or without a return, is recorded and flagged."""
    return await ORDERS.by_id(request, id, order_payments.refund_payment, body)


@router.post("/refunds/{refund_id}/reversal")
async def reverse_refund(
    request: Request, id: UUID, refund_id: RefundId, body: bodies.RefundReversalBody | None = None
) -> Response:
    """The refund did not hold."""
    return await ORDERS.by_id(request, id, order_payments.reverse_payment, body or bodies.RefundReversalBody(), id=refund_id)
