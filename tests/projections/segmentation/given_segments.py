"""Customers, their behaviour, and models that label them, for tests of features and labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ContactMethod
from domain.operations.calendar import Calendar
from domain.sales.order.order import Order
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item
from domain.segmentation.segment_model import Feature, Fitted, Quality, SegmentModel
from tests.projections.harness import History, uuid

CUT_OFF = date(2024, 3, 1)


def customer(history: History, name: str, **attributes: Any) -> Customer:
    customer = history.of(Customer, name)
    email = ContactMethod(method_id=uuid(f"{name} email"), kind="email", value=f"{name}@example.org")
    history.must(
        customer,
        lambda context: customer.register(context, kind="person", name=name, contact_methods=[email], attributes=attributes),
    )
    return customer


def buys(history: History, by: Customer | None, on: date, net: str, currency: str = "EUR", **facts: Any) -> Order:
    order = history.of(Order, f"order {len(history.log)}")
    price = Item(line_id="a", name="Tea", quantity=Decimal(1), unit_price=Decimal(net))
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    history.must(
        order,
        lambda context: order.place(
            context,
            Terms.of(currency, [price]),
            number=f"N{len(history.log)}",
            channel="web",
            customer_id=None if by is None else by.id,
            **facts,
        ),
        occurred_at=at,
    )
    return order


def fit(*features: str, centroids: Sequence[Sequence[float]], **changes: Any) -> Fitted:
    """A fit of these features without scaling, with clusters named 1, 2 and so on."""
    named = tuple(Feature(name=name, currency=currency or None) for name, _, currency in (f.partition("/") for f in features))
    fitted = Fitted(
        name="baseline",
        features=named,
        cut_off_position=1,
        cut_off_day=CUT_OFF,
        transform="none",
        mean=tuple(0.0 for _ in named),
        scale=tuple(1.0 for _ in named),
        centroids=tuple(map(tuple, centroids)),
        cluster_names=tuple(str(number + 1) for number in range(len(centroids))),
        seed=1,
        customers=1,
        left_out=0,
        quality=Quality(inertia=0.0, silhouette=None, smallest_share=1.0),
    )
    return replace(fitted, **changes)


def active(history: History, fitted: Fitted) -> UUID:
    """Fit and activate the model, and return its id."""
    model = history.of(SegmentModel, f"model {fitted.name}")
    again = model.refit if model.exists else model.fit
    history.must(model, lambda context: again(context, fitted))
    if model.active_since is None:
        history.must(model, model.activate)
    return model.id


def ends(history: History, day: date) -> None:
    """Let the day end. The clock moves on to the end of the day if it is earlier."""
    history.now = max(history.now, datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1))
    calendar = history.of(Calendar, f"day {day}")
    history.must(calendar, lambda context: calendar.end(context, day, "UTC"))
