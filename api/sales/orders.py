"""Commands on orders over HTTP; those on money are in `order_payments`, those on goods in `order_goods`."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from api.sales import order_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import CommandBody, External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.sales import orders
from domain.sales.order.order import Order

ORDERS = target(Order, "/v1/orders")

router = Router(
    prefix=ORDERS.location,
    tags=["orders"],
    route_class=StrictRoute,
    dependencies=[may("orders:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def place(request: Request, body: bodies.PlaceBody) -> Response:
    """Place an order with at least one line or one charge."""
    return await ORDERS.new(request, orders.place, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.PlaceBody) -> Response:
    """Place the order with this external id, or amend the fields that differ.

    Another number, channel or currency is refused. Lines, discounts and charges replace the whole list; a customer, an owner,
    an address or a contact that is absent or null stays.
    """
    return await ORDERS.by_external_id(request, system, external, orders.create_or_change, body)


@router.patch("/{id}")
async def amend(request: Request, id: UUID, body: bodies.AmendBody) -> Response:
    """Amend an open order (JSON merge patch): absent fields stay."""
    return await ORDERS.by_id(request, id, orders.amend, body)


@router.post("/{id}/lines/cancellation")
async def cancel_lines(request: Request, id: UUID, body: bodies.CancelLinesBody) -> Response:
    """Cancel quantities of some lines, also after confirmation. Quantities already shipped are cancelled too, and flagged."""
    return await ORDERS.by_id(request, id, orders.cancel_lines, body)


@router.put("/{id}/customer")
async def set_customer(request: Request, id: UUID, body: bodies.CustomerBody) -> Response:
    """Set the order's customer: for a guest's order, or to move the order to another customer."""
    return await ORDERS.by_id(request, id, orders.set_customer, body)


@router.post("/{id}/confirmation")
async def confirm(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Confirm the order. From now on it cannot be amended."""
    return await ORDERS.by_id(request, id, orders.confirm, body)


@router.post("/{id}/completion")
async def complete(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Complete a confirmed order."""
    return await ORDERS.by_id(request, id, orders.complete, body)


@router.post("/{id}/cancellation")
async def cancel(request: Request, id: UUID, body: bodies.CancelBody | None = None) -> Response:
    """Cancel the whole order."""
    return await ORDERS.by_id(request, id, orders.cancel, body)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: bodies.ReopenBody | None = None) -> Response:
    """Reopen a completed or cancelled order: it is open or confirmed again, as before."""
    return await ORDERS.by_id(request, id, orders.reopen, body)


add_routes(router, Order)
