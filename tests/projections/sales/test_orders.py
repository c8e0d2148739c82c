"""Orders in lists and one at a time."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.refunds import PaymentRefunded
from domain.sales.order.terms import Terms
from domain.sales.order.values import Charge, Discount, Item, LineQuantity, OrderDiscount, RefundedLine, ReturnedLine, Tax
from domain.shared.contact import Address
from domain.shared.events import Context
from projections.sales import orders
from projections.sales.orders import Filter
from tests.projections.harness import History, fold, in_memory, uuid

D = Decimal


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(orders.orders) as connection:
        yield connection


def placed(history: History, number: str, *, day: int = 1, **facts: Any) -> Order:
    order = history.of(Order, number)
    agreed = Terms.of("EUR", [Item(line_id="a", name="Tea", quantity=D(2), unit_price=D("4.50"))])
    history.must(
        order,
        lambda context: order.place(context, agreed, **({"number": number, "channel": "web"} | facts)),
        occurred_at=datetime(2024, 2, day, 12, tzinfo=UTC),
    )
    return order


def numbers(connection: Connection, filter: Filter, **asked: Any) -> list[str]:
    return [row["number"] for row in orders.listing(connection, filter, **asked).rows]


def test_one_order_shows_its_lines_money_shipments_and_recipient(connection: Connection, history: History) -> None:
    order = placed(history, "1001", shipping_address=Address(city="London"))
    paid = PaymentCaptured(payment_id="p1", amount=D(9))
    history.must(order, lambda context: order.capture_payment(context, paid))
    parcel = [LineQuantity(line_id="a", quantity=D(1))]
    history.must(order, lambda context: order.ship(context, "s1", parcel, tracking="T1"))
    fold(connection, history, orders.orders)
    found = orders.by_number(connection, "1001")
    assert found is not None
    assert found == orders.get(connection, order.id)
    assert (found["gross"], found["total"], found["captured"]) == (D(9), D(9), D(9))
    assert (found["payment_status"], found["fulfilment_status"]) == ("paid", "partially_shipped")
    assert [(line["name"], line["quantity"], line["total"]) for line in found["lines"]] == [("Tea", "2", "9.00")]
    assert found["shipments"]["s1"]["lines"] == ({"line_id": "a", "quantity": "1"},)
    assert found["private"] == {"recipient": {"shipping_address": {"city": "London"}}, "tracking": {"s1": "T1"}}
    # Paid and shipped before it was confirmed.
    assert found["irregular"] == 2


def test_returned_goods_with_a_reason_still_count_after_later_events(connection: Connection, history: History) -> None:
    order = placed(history, "1")
    back = [ReturnedLine(line_id="a", quantity=D(1), reason="too-big", condition="used", restock=True)]
    history.must(order, lambda context: order.receive_return(context, "r1", back))
    fold(connection, history, orders.orders)
    history.must(order, lambda context: order.confirm(context))
    fold(connection, history, orders.orders)
    found = orders.get(connection, order.id)
    assert found
    assert (found["return_status"], found["order_status"], found["returns"]) == ("partially_returned", "confirmed", D("4.50"))


def test_the_figures_of_an_order_with_every_kind_of_fact_add_up(connection: Connection, history: History) -> None:
    order = history.of(Order, "1")
    tea = Item(
        line_id="a",
        sku="TEA",
        name="Tea",
        category="drinks",
        quantity=D(2),
        unit="box",
        unit_price=D(10),
        unit_cost=D(4),
        discounts=(Discount(amount=D(2), code="NEW"),),
        taxes=(Tax(name="VAT", amount=D(3), rate=D("0.2")),),
    )
    charges = [
        Charge(kind="shipping", amount=D(5), tax=D(1)),
        Charge(kind="tip", amount=D(2)),
        Charge(kind="rounding", amount=D("-0.05")),
        Charge(kind="gift_card", amount=D(20)),
    ]
    agreed = Terms.of("EUR", [tea], discounts=[OrderDiscount(kind="fixed", amount=D(3), code="TEN")], charges=charges)
    back = [ReturnedLine(line_id="a", quantity=D(1), reason="too-big", condition="used", restock=True)]
    lines = (RefundedLine(line_id="a", quantity=D(1), amount=D(9), tax=D("1.50")),)
    refund = PaymentRefunded(refund_id="f1", payment_id="p1", return_id="r1", lines=lines, shipping_amount=D(5), amount=D(14))
    facts: list[Callable[[Context], object]] = [
        lambda context: order.place(context, agreed, number="1", channel="web"),
        lambda context: order.confirm(context),
        lambda context: order.capture_payment(context, PaymentCaptured(payment_id="p1", amount=D("45.95"))),
        lambda context: order.ship(context, "s1", [LineQuantity(line_id="a", quantity=D(2))]),
        lambda context: order.receive_return(context, "r1", back, exchange_order_id=uuid("other")),
        lambda context: order.refund_payment(context, refund),
    ]
    for fact in facts:
        history.must(order, fact)
        fold(connection, history, orders.orders)
    found = orders.get(connection, order.id)
    assert found
    assert {name: found[name] for name in ("gross", "discounts", "returns", "net", "tax", "charges", "total", "refunded")} == {
        "gross": D(20),
        "discounts": D(5),
        "returns": D("7.50"),
        "net": D("7.50"),
        "tax": D("2.50"),  # Half of the line's, and that of the shipping.
        "charges": D("1.95"),  # The tip and the rounding; a gift card is no revenue yet.
        "total": D("45.95"),
        "refunded": D(14),
    }
    assert (found["payment_status"], found["return_status"], found["irregular"]) == (
        "partially_refunded",
        "partially_returned",
        0,
    )


def test_an_erased_customers_order_keeps_its_figures_and_loses_its_address(connection: Connection, history: History) -> None:
    ada = history.of(Customer, "Ada")
    history.must(ada, lambda context: ada.register(context, kind="person", name="Ada"))
    own = placed(history, "1", customer_id=ada.id, shipping_address=Address(city="London"))
    guest = placed(history, "2", shipping_address=Address(city="Paris"))
    other = placed(history, "3", shipping_address=Address(city="Rome"))
    history.must(guest, lambda context: guest.set_customer(context, ada.id))
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    fold(connection, history, orders.orders)
    found = [orders.get(connection, order.id) for order in (own, guest, other)]
    assert [row and row["gross"] for row in found] == [D(9)] * 3
    assert [row and row["private"] and row["private"]["recipient"]["shipping_address"]["city"] for row in found] == [
        None,
        None,
        "Rome",
    ]


def test_orders_are_filtered_by_status_customer_tag_and_day(connection: Connection, history: History) -> None:
    first, second = placed(history, "1"), placed(history, "2", day=2, channel="phone", owner="agent-7")
    placed(history, "3", day=3, test=True)
    history.must(first, first.confirm)
    history.must(second, lambda context: second.tag(context, ("gift",)))
    fold(connection, history, orders.orders)
    assert numbers(connection, Filter(order_status="confirmed")) == ["1"]
    assert numbers(connection, Filter(tag="gift")) == ["2"]
    assert numbers(connection, Filter(channel="phone", owner="agent-7")) == ["2"]
    assert numbers(connection, Filter(test=False)) == ["2", "1"]
    assert numbers(connection, Filter(placed_from=date(2024, 2, 2), placed_to=date(2024, 2, 3))) == ["2"]
    assert numbers(connection, Filter(customer_id=uuid("nobody"))) == []
    assert numbers(connection, Filter(number="3")) == ["3"]


def test_the_next_page_of_orders_begins_where_the_last_one_ended(connection: Connection, history: History) -> None:
    for number in range(5):
        placed(history, f"N{number}")
    fold(connection, history, orders.orders)
    first = orders.listing(connection, Filter(), sort="number", descending=False, limit=3)
    rest = orders.listing(connection, Filter(), sort="number", descending=False, limit=3, cursor=first.next)
    assert [row["number"] for row in first.rows + rest.rows] == ["N0", "N1", "N2", "N3", "N4"]
    assert rest.next is None
