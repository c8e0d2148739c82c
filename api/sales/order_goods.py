"""Commands on an order's goods over HTTP: shipments, deliveries and returns."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from api.sales import order_goods_bodies as bodies
from api.sales.orders import ORDERS
from api.shared.access import may
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from commands.sales import order_goods

router = Router(
    prefix="/v1/orders/{id}",
    tags=["orders"],
    route_class=StrictRoute,
    dependencies=[may("orders:write")],
    responses=ACCEPTED,
)

ShipmentId = Annotated[str, Path(min_length=1, max_length=64)]
ReturnId = Annotated[str, Path(min_length=1, max_length=64)]


@router.post("/shipments")
async def ship(request: Request, id: UUID, body: bodies.ShipmentBody) -> Response:
    """Record a shipment. A shipment of more than is due, or before confirmation, is recorded and flagged."""
    return await ORDERS.by_id(request, id, order_goods.ship, body)


@router.post("/shipments/{shipment_id}/delivery")
async def deliver(request: Request, id: UUID, shipment_id: ShipmentId, body: CommandBody | None = None) -> Response:
    """Record that the shipment was delivered."""
    return await ORDERS.by_id(request, id, order_goods.deliver, body, shipment_id=shipment_id)


@router.post("/shipments/{shipment_id}/delivery-failure")
async def fail_delivery(request: Request, id: UUID, shipment_id: ShipmentId, body: bodies.ReasonBody | None = None) -> Response:
    """Record a failed delivery attempt; the goods are still on their way."""
    return await ORDERS.by_id(request, id, order_goods.fail_delivery, body, shipment_id=shipment_id)


@router.post("/shipments/{shipment_id}/cancellation")
async def cancel_shipment(
    request: Request, id: UUID, shipment_id: ShipmentId, body: bodies.ReasonBody | None = None
) -> Response:
    """Cancel a shipment that did not happen; its goods are due again."""
    return await ORDERS.by_id(request, id, order_goods.cancel_shipment, body, shipment_id=shipment_id)


@router.post("/return-requests")
async def request_return(request: Request, id: UUID, body: bodies.ReturnRequestBody) -> Response:
    """Record that the customer asks to send goods back. The return that follows has the same `return_id`."""
    return await ORDERS.by_id(request, id, order_goods.request_return, body)


@router.post("/return-requests/{return_id}/decline")
async def decline_return(request: Request, id: UUID, return_id: ReturnId, body: bodies.DeclineBody | None = None) -> Response:
    """Decline a requested return whose goods have not come back."""
    return await ORDERS.by_id(request, id, order_goods.decline_return, body, return_id=return_id)


@router.post("/returns")
async def receive_return(request: Request, id: UUID, body: bodies.ReturnBody) -> Response:
    """Record returned goods, requested or not. More than was shipped is recorded and flagged."""
    return await ORDERS.by_id(request, id, order_goods.receive_return, body)


@router.post("/returns/{return_id}/reversal")
async def reverse_return(request: Request, id: UUID, return_id: ReturnId, body: bodies.ReasonBody | None = None) -> Response:
    """Reverse a return: the goods did not come back."""
    return await ORDERS.by_id(request, id, order_goods.reverse_return, body, return_id=return_id)
