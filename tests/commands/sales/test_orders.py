"""Commands on orders: what they load, claim and pass to the order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from commands.customers import field_definitions
from commands.sales import order_goods, order_payments, orders
from commands.shared import annotating
from domain.customers.customer.customer import Customer
from domain.customers.customer.refusals import CustomerErased, CustomerUnknown
from domain.sales.order.order import Order
from domain.sales.order.placing import CUSTOMER_ARCHIVED, OrderPlacedOtherwise
from domain.sales.order.values import Contact, Item, LineQuantity, ReturnedLine
from domain.shared.annotations import Attachment
from domain.shared.events import Event
from domain.shared.ids import external_id
from domain.shared.refusals import NotThere, NumberTaken
from tests.commands.in_memory import InMemory

ADA, BOB, CY = (external_id("customer", "test", name, b"") for name in ("ada", "bob", "cy"))
FIRST, SECOND = (external_id("order", "test", number, b"") for number in ("1", "2"))
TEA = Item(line_id="tea", name="Tea", quantity=Decimal(2), unit_price=Decimal(5))


@pytest.fixture
def work() -> InMemory:
    return InMemory()


def register(work: InMemory, id: UUID = ADA) -> Customer:
    customer = work.load(Customer, id)
    customer.register(work.context, kind="person", name="Ada")
    return customer


def place(work: InMemory, order_id: UUID = FIRST, **facts: Any) -> Order:
    asked = {"number": None, "customer_id": None, "channel": "web", "currency": "EUR", "lines": [TEA]} | facts
    return orders.place(work, order_id=order_id, **asked)


def facts(order: Order) -> list[type[Event]]:
    return [type(event) for event, _ in order.pending]


def test_an_order_without_a_number_gets_the_next_free_one(work: InMemory) -> None:
    assert (place(work).number, place(work, SECOND).number) == ("1", "2")


def test_an_order_keeps_the_number_it_is_given(work: InMemory) -> None:
    assert place(work, number="A-7").number == "A-7"
    with pytest.raises(NumberTaken):
        place(work, SECOND, number="A-7")


def test_an_order_placed_again_records_nothing_and_takes_no_number(work: InMemory) -> None:
    place(work)
    assert place(work).version == 1
    assert len(work.numbers) == 1


def test_an_order_placed_again_with_another_number_is_refused_and_claims_none(work: InMemory) -> None:
    place(work)
    with pytest.raises(OrderPlacedOtherwise):
        place(work, number="A-7")
    assert len(work.numbers) == 1


def test_an_order_of_an_unknown_customer_is_refused(work: InMemory) -> None:
    with pytest.raises(CustomerUnknown):
        place(work, customer_id=ADA)


def test_an_order_of_an_erased_customer_is_refused(work: InMemory) -> None:
    register(work).erase(work.context, reason="requested", requested_by="customer", receipt="DSR-7")
    with pytest.raises(CustomerErased):
        place(work, customer_id=ADA)


def test_an_order_of_an_archived_customer_is_flagged(work: InMemory) -> None:
    register(work).archive(work.context)
    assert place(work, customer_id=ADA).pending[0][1].irregular == (CUSTOMER_ARCHIVED,)


def test_an_order_of_a_merged_customer_is_recorded_for_the_survivor(work: InMemory) -> None:
    register(work).survivor = BOB
    register(work, BOB)
    assert place(work, customer_id=ADA).customer_id == BOB


def test_an_order_placed_again_after_its_customer_was_merged_is_a_repeat(work: InMemory) -> None:
    register(work).survivor = BOB
    bob = register(work, BOB)
    place(work, customer_id=ADA)
    bob.survivor = CY
    register(work, CY)
    assert place(work, customer_id=ADA).version == 1


def test_a_guests_order_can_be_linked_to_a_customer(work: InMemory) -> None:
    register(work)
    place(work)
    assert orders.set_customer(work, order_id=FIRST, customer_id=ADA).customer_id == ADA


def test_commands_on_an_unknown_order_are_refused(work: InMemory) -> None:
    with pytest.raises(NotThere):
        orders.confirm(work, order_id=FIRST)


def test_an_order_by_its_external_id_is_placed_and_then_amended(work: InMemory) -> None:
    asked: dict[str, Any] = {"number": None, "customer_id": None, "channel": "web", "currency": "EUR"}
    orders.create_or_change(work, order_id=FIRST, external=("shop", "7"), lines=[TEA], **asked)
    orders.create_or_change(work, order_id=FIRST, external=("shop", "7"), lines=[TEA], **asked)
    order = work.load(Order, FIRST)
    assert order.version == 2
    changed = Contact(name="Ada")
    orders.create_or_change(work, order_id=FIRST, external=("shop", "7"), lines=[TEA], contact=changed, **asked)
    assert order.version == 3
    assert order.external_ids == {("shop", "7")}


def test_an_order_goes_through_its_whole_life(work: InMemory) -> None:
    order = place(work)
    tea = [LineQuantity(line_id="tea", quantity=Decimal(2))]
    orders.confirm(work, order_id=FIRST)
    order_payments.authorise_payment(work, order_id=FIRST, payment_id="p", amount=Decimal(10), method="card")
    order_payments.capture_payment(work, order_id=FIRST, payment_id="p", amount=Decimal(10), method="card")
    order_goods.ship(work, order_id=FIRST, shipment_id="s", lines=tea, carrier="dhl", tracking="T 1")
    order_goods.fail_delivery(work, order_id=FIRST, shipment_id="s")
    order_goods.deliver(work, order_id=FIRST, shipment_id="s")
    orders.complete(work, order_id=FIRST)
    returned = [ReturnedLine(line_id="tea", quantity=Decimal(2), condition="opened")]
    order_goods.request_return(work, order_id=FIRST, return_id="r", lines=returned)
    order_goods.receive_return(work, order_id=FIRST, return_id="r", lines=returned)
    order_payments.refund_payment(work, order_id=FIRST, refund_id="f", amount=Decimal(10), payment_id="p", return_id="r")
    assert all(metadata.irregular == () for _, metadata in order.pending)
    axes = (order.status, order.payment_status, order.fulfilment_status, order.return_status)
    assert axes == ("completed", "refunded", "delivered", "returned")


def test_every_event_of_an_order_can_be_recorded_by_a_command(work: InMemory) -> None:
    register(work)
    register(work, BOB)
    tea = [LineQuantity(line_id="tea", quantity=Decimal(1))]
    returned = [ReturnedLine(line_id="tea", quantity=Decimal(1))]
    order = place(work, external=("shop", "7"))
    named: dict[str, Any] = {"order_id": FIRST}
    noted: dict[str, Any] = {"kind": Order, "id": FIRST}
    paid: dict[str, Any] = named | {"amount": Decimal(5)}
    orders.set_customer(work, customer_id=ADA, **named)
    orders.set_customer(work, customer_id=BOB, **named)
    orders.amend(work, contact=Contact(name="Ada"), **named)
    orders.cancel_lines(work, lines=tea, **named)
    orders.confirm(work, **named)
    orders.complete(work, **named)
    orders.reopen(work, **named)
    orders.cancel(work, **named)
    annotating.assign(work, owner="ada", team=None, **noted)
    annotating.tag(work, tags=["vip"], **noted)
    annotating.untag(work, tags=["vip"], **noted)
    field_definitions.define_or_revise(work, entity="order", key="wrap", kind="text", name="Wrapping", personal=False)
    annotating.set_attributes(work, attributes={"gift": True, "wrap": "paper"}, **noted)
    annotating.unlink_external_id(work, system="shop", external_id="7", **noted)
    annotating.link_external_id(work, system="shop", external_id="8", **noted)
    order_payments.authorise_payment(work, payment_id="1", **paid)
    order_payments.void_payment(work, payment_id="1", **named)
    order_payments.fail_payment(work, payment_id="2", **paid)
    order_payments.capture_payment(work, payment_id="3", **paid)
    order_payments.charge_back_payment(work, payment_id="3", **paid)
    order_payments.reverse_payment(work, fact="chargeback", id="3", **named)
    order_payments.refund_payment(work, refund_id="1", **paid)
    order_goods.ship(work, shipment_id="1", lines=tea, **named)
    order_goods.deliver(work, shipment_id="1", **named)
    order_goods.fail_delivery(work, shipment_id="1", **named)
    order_goods.cancel_shipment(work, shipment_id="1", **named)
    order_goods.request_return(work, return_id="1", lines=returned, **named)
    order_goods.decline_return(work, return_id="1", **named)
    order_goods.receive_return(work, return_id="2", lines=returned, **named)
    order_goods.reverse_return(work, return_id="2", **named)
    annotating.attach(work, attachment=Attachment(id=ADA, media_type="text/plain", bytes=3, sha256="0" * 64), **noted)
    annotating.detach(work, attachment_id=ADA, **noted)
    assert set(facts(order)) == set(Order.events)
