"""What orders stand at, over HTTP: one, many, as of any moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from api.shared import schemas
from api.shared.access import Caller, may
from api.shared.fields import External, System
from api.shared.followed import of_customer
from api.shared.looking import look_at, look_back, seen_by
from api.shared.openapi import exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, AnyCode, Cursor, Day, Limit, listing
from api.shared.sorting import By, sorting
from api.shared.zones import Zone
from domain.sales.order.order import Order
from domain.shared.ids import external_id
from projections.sales import orders as read_model
from projections.shared.pages import Page

router = APIRouter(prefix="/v1/orders", tags=["orders"])

Reader = Annotated[Caller, may("orders:read")]

ORDERS = Resource(Order, read_model.orders, read_model.get)


async def filtered(
    zone: Zone,
    customer_id: UUID | None = None,
    number: AnyCode = None,
    channel: AnyCode = None,
    owner: AnyCode = None,
    team: AnyCode = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
    order_status: Literal["open", "confirmed", "completed", "cancelled"] | None = None,
    payment_status: AnyCode = None,
    fulfilment_status: AnyCode = None,
    return_status: AnyCode = None,
    test: bool | None = None,
    tag: AnyCode = None,
    placed_from: Day = None,
    placed_to: Day = None,
) -> read_model.Filter:
    return read_model.Filter(
        customer_id=customer_id,
        number=number,
        channel=channel,
        owner=owner,
        team=team,
        currency=currency,
        order_status=order_status,
        payment_status=payment_status,
        fulfilment_status=fulfilment_status,
        return_status=return_status,
        test=test,
        tag=tag,
        placed_from=placed_from,
        placed_to=placed_to,
        zone=zone,
    )


@router.get("", responses=exported(listed(schemas.ORDER), schemas.ORDER))
async def orders(
    request: Request,
    caller: Reader,
    after: After,
    wanted: Annotated[read_model.Filter, Depends(filtered)],
    by: Annotated[By[read_model.Sort], sorting(read_model.Sort, "-placed_at")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Orders by filters; days are half-open and in `zone`."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    needed = of_customer("orders", wanted.customer_id)
    return await listing(request, needed, after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor)


@router.get("/by/{system}/{external:path}", dependencies=[may("personal:read")], responses=one(schemas.ORDER))
async def order_by_external_id(
    request: Request, caller: Reader, after: After, when: When, system: System, external: External
) -> Response:
    """The order that another system calls this."""
    id = external_id("order", system, external, request.app.state.store.secret)
    return await order(request, caller, after, when, id)


@router.get("/{id}", responses=one(schemas.ORDER))
async def order(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One order with its lines, payments, shipments and returns."""
    return await look_at(request, ORDERS, id, after, when, name="order", show=lambda row: shown(row, caller))


@router.get("/{id}/history", responses=listed(schemas.CHANGE, 404))
async def order_history(request: Request, caller: Reader, id: UUID) -> Response:
    """Every event of the order, with what it changed."""
    personal = caller.may("personal:read")
    return await look_back(request, ORDERS, id, name="order", show=lambda row: shown(row, caller), personal=personal)


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The order as this caller may see it."""
    return seen_by(caller, row, "order_id")
