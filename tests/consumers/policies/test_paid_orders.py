"""Which events change whether an order is paid, and that its conversions follow from its state alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.marketing import campaign_members
from commands.sales import order_goods, order_payments, orders
from commands.shared import annotating
from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.conversions import followed
from domain.sales.order import amending, fulfilment, payments, placing, processing, refunds, returns
from domain.sales.order.order import Order
from domain.sales.order.values import LineQuantity, ReturnedLine
from domain.shared.aggregate import replayed
from domain.shared.annotations import Attachment
from domain.shared.events import Event, type_name
from domain.shared.ids import external_id
from tests.consumers.policies.conversion_acts import (
    ALL_OFF,
    Act,
    begin,
    cancel_cups,
    charge_back,
    cups,
    discount,
    link,
    on_order,
    order,
    pay,
    refund,
    undo,
    values,
)
from tests.consumers.policies.policy_place import ADA, BOB, ORDER, SPRING, Place, place_in
from tests.domain.given import LAST_WEEK


@pytest.fixture
def place(place: Place) -> Place:
    begin(place)
    return place


# Every event of an order

PARCEL = [LineQuantity(line_id="cups", quantity=Decimal(1))]
RETURNED = [ReturnedLine(line_id="cups", quantity=Decimal(1))]
SHIPPED = [order(), on_order(orders.confirm), on_order(order_goods.ship, shipment_id="s-1", lines=PARCEL)]


def annotate(function: Callable[..., Any], **facts: Any) -> Act:
    return lambda place: place.run(function, kind=Order, id=ORDER, **facts)


def set_plain_text(work: UnitOfWork, *, kind: type[Order], id: UUID) -> Order:
    order = work.existing(kind, id)
    order.set_attributes(work.context, {"gift": "yes"}, ["gift"])
    return order


FILE = Attachment(id=external_id("file", "test", "1", b""), media_type="text/plain", bytes=1, sha256="ab" * 32)
CHANGES: dict[type[Event], Sequence[Act]] = {
    placing.Placed: [order(discounts=(ALL_OFF,))],
    amending.Amended: [order(), pay(10), cups(1)],
    amending.LinesCancelled: [order(), pay(10), cancel_cups(1)],
    placing.CustomerLinked: [order(customer_id=None), pay(20), link(ADA)],
    placing.CustomerChanged: [order(), pay(20), link(BOB)],
    processing.Cancelled: [order(discounts=(ALL_OFF,)), on_order(orders.cancel)],
    processing.Reopened: [order(discounts=(ALL_OFF,)), on_order(orders.cancel), on_order(orders.reopen)],
    payments.PaymentCaptured: [order(), pay(20)],
    refunds.PaymentChargedBack: [order(), pay(20), charge_back(20)],
    refunds.PaymentReversed: [order(), pay(20), undo("capture")],
    refunds.PaymentRefunded: [order(), pay(20), refund(20)],
}
"""For each event that can change whether, by whom or for how much an order is paid: acts of which the last one does."""


def on_shop_id(decide: Callable[..., None]) -> Act:
    """A decision on the order's id in the shop."""

    def command(work: UnitOfWork) -> Order:
        order = work.existing(Order, ORDER)
        decide(order, work.context, "shop", "17")
        return order

    return lambda place: place.run(command)


MARKS = Order.annotation_events
REQUESTED = [*SHIPPED, on_order(order_goods.request_return, return_id="t-1", lines=RETURNED)]
RECEIVED = [*SHIPPED, on_order(order_goods.receive_return, return_id="t-1", lines=RETURNED)]
LINKED = [order(), on_shop_id(Order.link_external_id)]
TAGGED = [order(), annotate(annotating.tag, tags=("gift",))]
ATTACHED = [order(), annotate(annotating.attach, attachment=FILE)]
AUTHORISE = on_order(order_payments.authorise_payment, payment_id="p-9", amount=Decimal(20))
OTHERS: dict[type[Event], Sequence[Act]] = {
    processing.Confirmed: [order(), pay(20), on_order(orders.confirm)],
    processing.Completed: [order(), pay(20), on_order(orders.confirm), on_order(orders.complete)],
    payments.PaymentAuthorised: [order(), AUTHORISE],
    payments.PaymentVoided: [order(), AUTHORISE, on_order(order_payments.void_payment, payment_id="p-9")],
    payments.PaymentFailed: [order(), on_order(order_payments.fail_payment, payment_id="p-9", amount=Decimal(20))],
    fulfilment.Shipped: SHIPPED,
    fulfilment.Delivered: [*SHIPPED, on_order(order_goods.deliver, shipment_id="s-1")],
    fulfilment.DeliveryFailed: [*SHIPPED, on_order(order_goods.fail_delivery, shipment_id="s-1")],
    fulfilment.ShipmentCancelled: [*SHIPPED, on_order(order_goods.cancel_shipment, shipment_id="s-1")],
    returns.ReturnRequested: REQUESTED,
    returns.LinesReturned: RECEIVED,
    returns.ReturnDeclined: [*REQUESTED, on_order(order_goods.decline_return, return_id="t-1")],
    returns.ReturnReversed: [*RECEIVED, on_order(order_goods.reverse_return, return_id="t-1")],
    MARKS.external_id_linked: LINKED,
    MARKS.external_id_unlinked: [*LINKED, on_shop_id(Order.unlink_external_id)],
    MARKS.assigned: [order(), annotate(annotating.assign, owner="ann", team=None)],
    MARKS.tagged: TAGGED,
    MARKS.untagged: [*TAGGED, annotate(annotating.untag, tags=("gift",))],
    MARKS.attributes_set: [order(), annotate(annotating.set_attributes, attributes={"parcels": 2})],
    MARKS.plain_texts_set: [order(), annotate(set_plain_text)],
    MARKS.attachment_added: ATTACHED,
    MARKS.attachment_removed: [*ATTACHED, annotate(annotating.detach, attachment_id=FILE.id)],
}


def last_turn(place: Place) -> tuple[str, bool]:
    """The type of the last event, and whether it changes the answer about the order."""
    turns, last = followed(place.store), place.log()[-1]
    for one in place.store.streams([ORDER])[ORDER][:-1]:
        turns.turn(one)
    turn = turns.turn(last)
    return last.type, turn is not None and turn.before.sale != turn.after.sale


@pytest.mark.parametrize("kind", CHANGES, ids=type_name)
def test_an_event_can_change_whether_an_order_is_paid(place: Place, kind: type[Event]) -> None:
    for act in CHANGES[kind]:
        act(place)
    assert last_turn(place) == (type_name(kind), True)


@pytest.mark.parametrize("kind", OTHERS, ids=type_name)
def test_another_event_changes_nothing_about_the_payment(place: Place, kind: type[Event]) -> None:
    for act in OTHERS[kind]:
        act(place)
    assert last_turn(place) == (type_name(kind), False)


def test_every_event_of_an_order_is_known_to_change_the_payment_or_not() -> None:
    assert CHANGES.keys() | OTHERS.keys() == set(Order.events)
    assert not CHANGES.keys() & OTHERS.keys()


ACTS: dict[str, Act] = {
    "pay half": pay(10, "a"),
    "pay the other half": pay(10, "b"),
    "pay too much": pay(25, "c"),
    "undo a": undo("capture", "a"),
    "undo c": undo("capture", "c"),
    "refund half": refund(10, "r"),
    "refund all": refund(20, "s"),
    "undo r": undo("refund", "r"),
    "undo s": undo("refund", "s"),
    "charge back": charge_back(10, "a"),
    "undo chargeback": undo("chargeback", "a"),
    "cancel one": cancel_cups(1),
    "three cups": cups(3),
    "all off": discount(ALL_OFF),
    "nothing off": discount(),
    "cancel": on_order(orders.cancel),
    "reopen": on_order(orders.reopen),
    "to Bob": link(BOB),
    "to Ada": link(ADA),
    "confirm": on_order(orders.confirm),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from(sorted(ACTS)), max_size=14), lag=st.integers(1, 15), guest=st.booleans())
def test_the_conversions_follow_from_the_state_of_the_order(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[str], lag: int, guest: bool
) -> None:
    with place_in(tmp_path_factory.mktemp("place")) as place:
        begin(place)
        place.run(campaign_members.target, campaign_id=SPRING, customer_id=BOB, at=LAST_WEEK)
        policies = place.policies()
        order(customer_id=None if guest else ADA)(place)
        for number, name in enumerate(chosen, start=1):
            try:
                ACTS[name](place)
            except AssertionError:
                continue  # The order refuses it: that is no event.
            if number % lag == 0:
                policies.follow()
        policies.follow()
        now = replayed(Order, ORDER, place.store.streams([ORDER])[ORDER])
        free = now.total == 0 and now.kept <= 0 and now.status != "cancelled" and now.due("cups") > 0
        counts = free or (now.sum("capture") >= now.total and now.kept > 0)
        for customer in (ADA, BOB):
            assert values(place, customer) == ([now.total] if counts and now.customer_id == customer else [])
