"""Reads of orders over HTTP: one, many, and as of any moment."""

from __future__ import annotations

from api.sales import order_schemas as schemas
from api.shared.as_of import Resource
from api.shared.filtering import filters
from api.shared.reading import AnyCurrency
from api.shared.routes import Router
from api.shared.views import Views
from domain.sales.order.order import Order
from projections.sales import orders as read_model

router = Router(prefix="/v1/orders", tags=["orders"])

ORDERS = Resource(Order, read_model.orders, read_model.get)


filtered = filters(read_model.Filter, currency=AnyCurrency)
views = Views(router, ORDERS, schemas.ORDER, permission="orders:read")
views.many(
    read_model.listing,
    "Orders by filters. Days are in `zone`; the end of a range of days is excluded.",
    called="orders",
    filtered=filtered,
    sort=read_model.Sort,
    first="-placed_at",
)
views.one("One order with its lines, payments, shipments and returns.")
views.by_external_id()
views.history()
