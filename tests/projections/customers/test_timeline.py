"""Every event that concerns a customer, newest first, as one readable line each."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection, select

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ContactMethod
from domain.marketing.campaign_member.events import Converted
from domain.marketing.campaign_member.member import CampaignMember
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item
from projections.customers.timeline import customer_timeline, moments, timeline
from tests.projections.harness import History, fold, in_memory, uuid
from tests.projections.histories import CUSTOMERS, NAMES, histories


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(customer_timeline) as connection:
        yield connection


def registered(history: History, name: str) -> Customer:
    customer = history.of(Customer, name)
    email = ContactMethod(method_id=uuid((name, "email")), kind="email", value=f"{name}@example.org")
    history.must(customer, lambda context: customer.register(context, kind="person", name=name, contact_methods=[email]))
    return customer


def ordered(history: History, number: str, customer: Customer | None) -> Order:
    order, line = history.of(Order, number), Item(line_id="a", name="Tea", quantity=Decimal(1), unit_price=Decimal("12.50"))
    customer_id = customer.id if customer else None
    history.must(
        order,
        lambda context: order.place(context, Terms.of("EUR", [line]), number=number, channel="web", customer_id=customer_id),
    )
    return order


def english(connection: Connection, customer: Customer) -> list[str]:
    return [row["en"] for row in timeline(connection, [customer.id])]


def test_money_is_in_the_currency_that_the_event_names(connection: Connection, history: History) -> None:
    ada, member = registered(history, "Ada"), history.of(CampaignMember, "Ada in spring")
    for value, currency in (("12.50", "EUR"), ("500", "JPY")):
        converted = Converted(
            campaign_id=uuid("spring"), customer_id=ada.id, conversion_id=value, value=Decimal(value), currency=currency
        )
        history.must(member, partial(member.convert, converted=converted))
    fold(connection, history, customer_timeline)
    assert english(connection, ada)[:2] == [
        "Campaign member converted: value 500 JPY",
        "Campaign member converted: value 12.50 EUR",
    ]


def test_lines_are_newest_first_in_two_languages(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada")
    order = ordered(history, "1001", ada)
    paid = PaymentCaptured(payment_id="p1", amount=Decimal("12.50"))
    history.must(order, lambda context: order.capture_payment(context, paid))
    fold(connection, history, customer_timeline)
    assert english(connection, ada) == [
        "Order 1001 payment captured: amount 12.50 EUR",
        "Order 1001 placed: total 12.50 EUR, channel web",
        "Customer registered: kind person",
    ]
    assert [row["zh"] for row in timeline(connection, [ada.id])] == [
        "订单 1001 已收款：金额 12.50 EUR",
        "订单 1001 已下单：合计 12.50 EUR，渠道 web",
        "客户已登记：类型 person",
    ]


def test_a_guests_order_is_on_the_timeline_after_it_is_linked(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada")
    order = ordered(history, "1001", None)
    history.must(order, lambda context: order.set_customer(context, ada.id))
    history.must(order, order.confirm)
    fold(connection, history, customer_timeline)
    assert english(connection, ada) == [
        "Order 1001 confirmed",
        "Order 1001 linked to a customer",
        "Order 1001 placed: total 12.50 EUR, channel web",
        "Customer registered: kind person",
    ]


def test_an_order_that_moved_is_on_the_timeline_of_its_current_customer(connection: Connection, history: History) -> None:
    ada, bob = registered(history, "Ada"), registered(history, "Bob")
    order = ordered(history, "1001", ada)
    history.must(order, lambda context: order.set_customer(context, bob.id))
    history.must(order, order.confirm)
    fold(connection, history, customer_timeline)
    moved = "Order 1001 moved to another customer"
    assert english(connection, ada) == [moved, "Customer registered: kind person"]
    placed = "Order 1001 placed: total 12.50 EUR, channel web"
    assert english(connection, bob) == ["Order 1001 confirmed", moved, placed, "Customer registered: kind person"]


def test_a_timeline_continues_before_a_position(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada")
    history.must(ada, lambda context: ada.tag(context, ("a",)))
    history.must(ada, lambda context: ada.tag(context, ("b",)))
    history.must(ada, lambda context: ada.tag(context, ("c",)))
    fold(connection, history, customer_timeline)
    first = timeline(connection, [ada.id], limit=2)
    rest = timeline(connection, [ada.id], before=first[-1]["position"])
    assert [row["en"] for row in first + rest] == [
        "Customer tagged: tags c",
        "Customer tagged: tags b",
        "Customer tagged: tags a",
        "Customer registered: kind person",
    ]


def test_each_line_has_its_actor_and_its_time(connection: Connection, history: History) -> None:
    ada = registered(history, "Ada")
    fold(connection, history, customer_timeline)
    [row] = timeline(connection, [ada.id])
    assert (row["actor_type"], row["actor_id"], row["version"], row["position"]) == ("user", "agent-1", 1, 1)
    assert row["occurred_at"] == row["recorded_at"] == history.now


@settings(max_examples=40, deadline=None)
@given(history=histories())
def test_a_timeline_holds_each_event_once_and_nothing_personal(history: History) -> None:
    with in_memory(customer_timeline) as connection:
        fold(connection, history, customer_timeline)
        for number in range(CUSTOMERS):
            positions = [row["position"] for row in timeline(connection, [uuid(f"customer {number}")], limit=1000)]
            assert positions == sorted(set(positions), reverse=True)
        texts = " ".join(str(value) for row in connection.execute(select(moments)) for value in row)
        for personal in (*NAMES, "example.org", "+86138", "上海", "City ", "Guest ", "colour", "ticked", "visitor", "sorry"):
            assert personal not in texts
