"""Commands on orders, over HTTP; those on money are in `order_payments`, those on goods in `order_goods`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.sales import order_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.commanding import carry_out
from api.shared.fields import External, System, Told
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.strict import StrictRoute
from commands.sales import orders
from domain.sales.order.order import Order
from domain.shared.ids import external_id, new_id

PREFIX = "/v1/orders"

router = APIRouter(
    prefix=PREFIX,
    tags=["orders"],
    route_class=StrictRoute,
    dependencies=[may("orders:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def place(request: Request, body: bodies.PlaceBody) -> Response:
    """Place an order: at least a line or a charge."""
    id = new_id()
    return await carry_out(request, orders.place, body, target=id, fresh=True, location=PREFIX, order_id=id, **body.facts())


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.PlaceBody) -> Response:
    """Place the order that another system calls this, or amend what is different.

    Number, channel and currency stay as they were placed. Lines, discounts and charges are told as a whole; a customer, an
    owner, an address or a contact that is absent or null stays.
    """
    id = external_id("order", system, external, request.app.state.store.secret)
    return await carry_out(
        request,
        orders.create_or_change,
        body,
        target=id,
        location=PREFIX,
        order_id=id,
        external=(system, external),
        **body.facts(),
    )


@router.patch("/{id}")
async def amend(request: Request, id: UUID, body: bodies.AmendBody) -> Response:
    """Amend an open order (JSON merge patch): absent fields stay."""
    return await on_order(request, id, orders.amend, body, **body.facts())


@router.post("/{id}/lines/cancellation")
async def cancel_lines(request: Request, id: UUID, body: bodies.CancelLinesBody) -> Response:
    """Cancel some of the lines, also after confirmation. What is already shipped is cancelled too, and flagged."""
    return await on_order(request, id, orders.cancel_lines, body, **body.facts())


@router.put("/{id}/customer")
async def set_customer(request: Request, id: UUID, body: bodies.CustomerBody) -> Response:
    """Whose order it is: a guest's order gets its customer, another one changes hands."""
    return await on_order(request, id, orders.set_customer, body, customer_id=body.customer_id)


@router.post("/{id}/confirmation")
async def confirm(request: Request, id: UUID, body: Told | None = None) -> Response:
    return await on_order(request, id, orders.confirm, body)


@router.post("/{id}/completion")
async def complete(request: Request, id: UUID, body: Told | None = None) -> Response:
    return await on_order(request, id, orders.complete, body)


@router.post("/{id}/cancellation")
async def cancel(request: Request, id: UUID, body: bodies.CancelBody | None = None) -> Response:
    """Cancel the whole order."""
    told = body or bodies.CancelBody()
    return await on_order(request, id, orders.cancel, told, reason=told.reason, note=told.note)


@router.post("/{id}/reopening")
async def reopen(request: Request, id: UUID, body: bodies.ReopenBody | None = None) -> Response:
    """A completed or cancelled order goes back to where it was, open or confirmed."""
    return await on_order(request, id, orders.reopen, body, reason=body and body.reason)


add_routes(router, Order)


async def on_order(request: Request, id: UUID, function: Any, told: Told | None, **facts: Any) -> Response:
    return await carry_out(request, function, told, target=id, order_id=id, **facts)
