"""Commands on orders, over HTTP; those on money are in `order_payments`, those on goods in `order_goods`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.sales import order_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import CommandBody, External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.sales import orders
from domain.sales.order.order import Order

ORDERS = target(Order, "/v1/orders")

router = APIRouter(
    prefix=ORDERS.location,
    tags=["orders"],
    route_class=StrictRoute,
    dependencies=[may("orders:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def place(request: Request, body: bodies.PlaceBody) -> Response:
    """Place an order: at least a line or a charge."""
    return await ORDERS.new(request, orders.place, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.PlaceBody) -> Response:
    """Place the order that another system calls this, or amend what is different.

    Number, channel and currency stay as they were placed. Lines, discounts and charges are told as a whole; a customer, an
    owner, an address or a contact that is absent or null stays.
    """
    return await ORDERS.by_external_id(request, system, external, orders.create_or_change, body)


@router.patch("/{id}")
async def amend(request: Request, id: UUID, body: bodies.AmendBody) -> Response:
    """Amend an open order (JSON merge patch): absent fields stay."""
    return await ORDERS.by_id(request, id, orders.amend, body)


@router.post("/{id}/lines/cancellation")
async def cancel_lines(request: Request, id: UUID, body: bodies.CancelLinesBody) -> Response:
    """Cancel some of the lines, also after confirmation. What is already shipped is cancelled too, and flagged."""
    return await ORDERS.by_id(request, id, orders.cancel_lines, body)


@router.put("/{id}/customer")
async def set_customer(request: Request, id: UUID, body: bodies.CustomerBody) -> Response:
    """Whose order it is: a guest's order gets its customer, another one changes hands."""
    return await ORDERS.by_id(request, id, orders.set_customer, body)


@router.post("/{id}/confirmation")
async def confirm(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    return await ORDERS.by_id(request, id, orders.confirm, body)


@router.post("/{id}/completion")
async def complete(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    return await ORDERS.by_id(request, id, orders.complete, body)


@router.post("/{id}/cancellation")
async def cancel(request: Request, id: UUID, body: bodies.CancelBody | None = None) -> Response:
    """Cancel the whole order."""
    return await ORDERS.by_id(request, id, orders.cancel, body)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: bodies.ReopenBody | None = None) -> Response:
    """A completed or cancelled order goes back to where it was, open or confirmed."""
    return await ORDERS.by_id(request, id, orders.reopen, body)


add_routes(router, Order)
