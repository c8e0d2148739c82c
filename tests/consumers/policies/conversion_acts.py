"""What can happen to an order of a campaign, and the conversions that a policy made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from commands.customers import customers
from commands.sales import order_payments, orders
from domain.marketing.campaign_member.events import Converted
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.sales.order.values import Item, LineQuantity, OrderDiscount
from domain.shared.aggregate import replayed
from tests.consumers.policies.policy_place import ADA, BOB, ORDER, SPRING, Place
from tests.domain.given import LAST_WEEK

HOUR = timedelta(hours=1)
ALL_OFF = OrderDiscount(kind="fixed", amount=Decimal(20), code="FREE")
Act = Callable[[Place], object]


def begin(place: Place) -> None:
    place.register_ada()
    place.run(customers.register, customer_id=BOB, kind="person", name="Bob")
    place.plan_spring()
    place.target(at=LAST_WEEK)


def on_order(function: Callable[..., Any], **facts: Any) -> Act:
    return lambda place: place.run(function, order_id=ORDER, **facts)


def order(**facts: Any) -> Act:
    return lambda place: place.order(**facts)


def pay(amount: int, id: str = "p-1", **facts: Any) -> Act:
    return lambda place: place.pay(amount, id, **facts)


def refund(amount: int, id: str = "r-1") -> Act:
    return lambda place: place.refund(amount, id)


def charge_back(amount: int, id: str = "p-1") -> Act:
    return on_order(order_payments.charge_back_payment, payment_id=id, amount=Decimal(amount))


def undo(fact: str, id: str = "p-1") -> Act:
    return on_order(order_payments.reverse_payment, fact=fact, id=id)


def cancel_cups(quantity: int) -> Act:
    return on_order(orders.cancel_lines, lines=[LineQuantity(line_id="cups", quantity=Decimal(quantity))])


def discount(*discounts: OrderDiscount) -> Act:
    return on_order(orders.amend, discounts=discounts)


def cups(quantity: int) -> Act:
    item = Item(line_id="cups", name="Tea cup", quantity=Decimal(quantity), unit_price=Decimal(10))
    return on_order(orders.amend, lines=(item,))


def link(customer_id: object) -> Act:
    return on_order(orders.set_customer, customer_id=customer_id)


def member(place: Place, customer_id: Any = ADA) -> CampaignMember:
    id = member_id(SPRING, customer_id)
    return replayed(CampaignMember, id, place.store.streams([id]).get(id, ()))


def current(place: Place, customer_id: Any = ADA) -> list[Converted]:
    """The conversions of a member that are not reversed."""
    found = member(place, customer_id)
    return [one for id, one in found.conversions.items() if id not in found.reversed]


def values(place: Place, customer_id: Any = ADA) -> list[Any]:
    return [one.value for one in current(place, customer_id)]


def converted_at(place: Place) -> list[datetime]:
    return [one.metadata.occurred_at for one in place.log() if isinstance(one.event, Converted)]
