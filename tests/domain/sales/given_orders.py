"""Test data for orders: an order of two tea cups at 10.00 and one pot at 30.00, in total 50.00 EUR."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentAuthorised, PaymentCaptured
from domain.sales.order.refunds import PaymentRefunded
from domain.sales.order.terms import Terms
from domain.sales.order.values import Contact, Item, LineQuantity, ReturnedLine
from domain.shared.ids import external_id
from tests.domain.given import live

CUSTOMER = external_id("customer", "test", "1", b"")
OTHER_CUSTOMER = external_id("customer", "test", "2", b"")
ORDER = external_id("order", "test", "1", b"")

CUPS = Item(line_id="cups", name="Tea cup", sku="CUP 1", quantity=Decimal(2), unit_price=Decimal(10))
POT = Item(line_id="pot", name="Tea pot", quantity=Decimal(1), unit_price=Decimal(30))


def placed(**facts: Any) -> Order:
    order = Order(ORDER)
    place(order, **facts)
    return order


def place(order: Order, context: Any = None, **facts: Any) -> None:
    terms = facts.pop("terms", None) or Terms.of("EUR", [CUPS, POT])
    values: dict[str, Any] = {"number": "A-1", "channel": "web", "contact": Contact(name="Ada")} | facts
    order.place(context or live(), terms, **values)


def confirmed(**facts: Any) -> Order:
    order = placed(**facts)
    order.confirm(live())
    return order


def paid(amount: str = "50") -> Order:
    order = confirmed()
    capture(order, amount)
    return order


def shipped() -> Order:
    order = paid()
    order.ship(live(), "s-1", goods(cups=2, pot=1))
    return order


def goods(**quantities: int | str) -> list[LineQuantity]:
    return [LineQuantity(line_id=line_id, quantity=Decimal(quantity)) for line_id, quantity in quantities.items()]


def returned_lines(**quantities: int | str) -> list[ReturnedLine]:
    return [ReturnedLine(line_id=line_id, quantity=Decimal(quantity)) for line_id, quantity in quantities.items()]


def authorise(order: Order, amount: str = "50", payment_id: str = "p-1", context: Any = None) -> None:
    order.authorise_payment(context or live(), PaymentAuthorised(payment_id=payment_id, amount=Decimal(amount)))


def capture(order: Order, amount: str = "50", payment_id: str = "p-1", context: Any = None, **facts: Any) -> None:
    order.capture_payment(context or live(), PaymentCaptured(payment_id=payment_id, amount=Decimal(amount), **facts))


def refund(order: Order, amount: str, refund_id: str = "r-1", context: Any = None, **facts: Any) -> None:
    order.refund_payment(context or live(), PaymentRefunded(refund_id=refund_id, amount=Decimal(amount), **facts))
