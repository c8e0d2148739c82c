"""The commands on the goods of an order: shipments, deliveries and returns."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from commands.shared.deciding import decides
from commands.shared.unit_of_work import UnitOfWork
from domain.sales.order.order import Order
from domain.sales.order.values import ReturnedLine

ship = decides(Order, Order.ship)
deliver = decides(Order, Order.deliver)
fail_delivery = decides(Order, Order.fail_delivery)
cancel_shipment = decides(Order, Order.cancel_shipment)
request_return = decides(Order, Order.request_return)


def receive_return(
    work: UnitOfWork,
    *,
    order_id: UUID,
    return_id: str,
    lines: Sequence[ReturnedLine],
    exchange_order_id: UUID | None = None,
) -> Order:
    """Records that goods were received back, even if the return was never requested. An exchange order must exist."""
    order = work.existing(Order, order_id)
    if exchange_order_id is not None:
        work.existing(Order, exchange_order_id)
    order.receive_return(work.context, return_id, lines, exchange_order_id=exchange_order_id)
    return order


decline_return = decides(Order, Order.decline_return)
reverse_return = decides(Order, Order.reverse_return)
