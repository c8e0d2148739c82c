"""What can be told about the goods of an order: shipped, delivered, and returned."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.sales.order.order import Order
from domain.sales.order.values import LineQuantity, ReturnedLine


def ship(
    work: UnitOfWork,
    *,
    order_id: UUID,
    shipment_id: str,
    lines: Sequence[LineQuantity],
    carrier: str | None = None,
    tracking: str | None = None,
) -> Order:
    order = work.existing(Order, order_id)
    order.ship(work.context, shipment_id, lines, carrier=carrier, tracking=tracking)
    return order


def deliver(work: UnitOfWork, *, order_id: UUID, shipment_id: str) -> Order:
    order = work.existing(Order, order_id)
    order.deliver(work.context, shipment_id)
    return order


def fail_delivery(work: UnitOfWork, *, order_id: UUID, shipment_id: str, reason: str | None = None) -> Order:
    order = work.existing(Order, order_id)
    order.fail_delivery(work.context, shipment_id, reason=reason)
    return order


def cancel_shipment(work: UnitOfWork, *, order_id: UUID, shipment_id: str, reason: str | None = None) -> Order:
    order = work.existing(Order, order_id)
    order.cancel_shipment(work.context, shipment_id, reason=reason)
    return order


def request_return(
    work: UnitOfWork,
    *,
    order_id: UUID,
    return_id: str,
    lines: Sequence[ReturnedLine],
    note: str | None = None,
) -> Order:
    order = work.existing(Order, order_id)
    order.request_return(work.context, return_id, lines, note=note)
    return order


def receive_return(
    work: UnitOfWork,
    *,
    order_id: UUID,
    return_id: str,
    lines: Sequence[ReturnedLine],
    exchange_order_id: UUID | None = None,
) -> Order:
    """Goods came back, requested or not. An order given in exchange must be there."""
    order = work.existing(Order, order_id)
    if exchange_order_id is not None:
        work.existing(Order, exchange_order_id)
    order.receive_return(work.context, return_id, lines, exchange_order_id=exchange_order_id)
    return order


def decline_return(
    work: UnitOfWork, *, order_id: UUID, return_id: str, reason: str | None = None, note: str | None = None
) -> Order:
    order = work.existing(Order, order_id)
    order.decline_return(work.context, return_id, reason=reason, note=note)
    return order


def reverse_return(work: UnitOfWork, *, order_id: UUID, return_id: str, reason: str | None = None) -> Order:
    order = work.existing(Order, order_id)
    order.reverse_return(work.context, return_id, reason=reason)
    return order
