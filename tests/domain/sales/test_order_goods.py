"""Goods of an order: shipped, delivered and returned."""

from __future__ import annotations

from typing import Any

import pytest

from domain.sales.order.fulfilment import (
    CANCELLED_AFTER_DELIVERY,
    DELIVERED_AFTER_CANCELLATION,
    SHIPPED_AFTER_CANCELLATION,
    SHIPPED_BEFORE_CONFIRMATION,
    SHIPPED_BEYOND_ORDERED,
    ShipmentKnownOtherwise,
    ShipmentUnknown,
)
from domain.sales.order.returns import (
    RETURN_AFTER_DECLINE,
    RETURN_BEYOND_SHIPPED,
    ReturnIsReceived,
    ReturnKnownOtherwise,
    ReturnUnknown,
)
from domain.sales.order.values import NothingNamed, QuantityNotPositive, UnknownLine
from domain.shared.refusals import Refusal
from tests.domain.given import YESTERDAY, flags, imported, live, state, stored
from tests.domain.sales.given_orders import confirmed, goods, placed, returned_lines, shipped


def test_the_fulfilment_status_follows_the_goods() -> None:
    order = confirmed()
    seen = [order.fulfilment_status]
    order.ship(live(), "s-1", goods(cups=2))
    seen.append(order.fulfilment_status)
    order.ship(live(), "s-2", goods(pot=1))
    seen.append(order.fulfilment_status)
    order.deliver(live(), "s-1")
    seen.append(order.fulfilment_status)
    order.deliver(live(), "s-2")
    seen.append(order.fulfilment_status)
    assert seen == ["unfulfilled", "partially_shipped", "shipped", "partially_delivered", "delivered"]


def test_cancelled_quantities_need_not_be_shipped() -> None:
    order = confirmed()
    order.cancel_lines(live(), goods(cups=2))
    order.ship(live(), "s-1", goods(pot=1))
    assert order.fulfilment_status == "shipped"


def test_shipping_more_than_is_due_is_recorded_and_flagged() -> None:
    order = confirmed()
    order.ship(live(), "s-1", goods(cups=3))
    assert flags(order) == (SHIPPED_BEYOND_ORDERED,)


def test_shipping_an_unconfirmed_or_cancelled_order_is_recorded_and_flagged() -> None:
    order = placed()
    order.ship(live(), "s-1", goods(cups=1))
    assert flags(order) == (SHIPPED_BEFORE_CONFIRMATION,)
    order.cancel(live())
    order.ship(live(), "s-2", goods(cups=1))
    assert flags(order) == (SHIPPED_AFTER_CANCELLATION,)


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [(goods(saucer=1), UnknownLine), (goods(cups=0), QuantityNotPositive), ([], NothingNamed)],
)
def test_a_shipment_with_invalid_lines_is_refused(lines: Any, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        confirmed().ship(imported(), "s-1", lines)


def test_a_shipment_is_identified_by_its_id() -> None:
    order = shipped()
    order.ship(live(YESTERDAY), "s-1", goods(cups=2, pot=1))
    assert order.version == 4
    with pytest.raises(ShipmentKnownOtherwise):
        order.ship(live(), "s-1", goods(cups=1))


def test_after_a_failed_delivery_the_goods_are_still_in_transit() -> None:
    order = shipped()
    order.fail_delivery(live(), "s-1", reason="nobody-home")
    seen = [order.fulfilment_status]
    order.deliver(live(), "s-1")
    seen.append(order.fulfilment_status)
    assert seen == ["shipped", "delivered"]


def test_the_goods_of_a_cancelled_shipment_are_due_again() -> None:
    order = shipped()
    order.cancel_shipment(live(), "s-1")
    assert order.fulfilment_status == "unfulfilled"
    assert flags(order) == ()
    order.ship(live(), "s-2", goods(cups=2, pot=1))
    assert flags(order) == ()


def test_contradicting_facts_about_a_shipment_are_recorded_and_flagged() -> None:
    order = shipped()
    order.deliver(live(), "s-1")
    order.cancel_shipment(live(), "s-1")
    assert flags(order) == (CANCELLED_AFTER_DELIVERY,)
    order.fail_delivery(live(), "s-1")
    assert flags(order) == (DELIVERED_AFTER_CANCELLATION,)


def test_a_repeated_delivery_is_recorded_only_at_another_time() -> None:
    order = shipped()
    order.deliver(live(), "s-1")
    order.deliver(live(), "s-1")
    assert order.version == 5
    order.deliver(live(YESTERDAY), "s-1")
    assert flags(order) == ("repeated",)


@pytest.mark.parametrize("decision", ["deliver", "fail_delivery", "cancel_shipment"])
def test_facts_about_an_unknown_shipment_are_refused(decision: str) -> None:
    with pytest.raises(ShipmentUnknown):
        getattr(confirmed(), decision)(imported(), "s-1")


# Returns


def test_the_return_status_follows_the_goods() -> None:
    order = shipped()
    seen = [order.return_status]
    order.request_return(live(), "ret-1", returned_lines(cups=2), note="chipped")
    seen.append(order.return_status)
    order.receive_return(live(), "ret-1", returned_lines(cups=2))
    seen.append(order.return_status)
    order.receive_return(live(), "ret-2", returned_lines(pot=1))
    seen.append(order.return_status)
    order.reverse_return(live(), "ret-2")
    seen.append(order.return_status)
    assert seen == ["none", "requested", "partially_returned", "returned", "partially_returned"]


def test_a_declined_return_is_no_longer_requested() -> None:
    order = shipped()
    order.request_return(live(), "ret-1", returned_lines(cups=2))
    order.decline_return(live(), "ret-1", reason="too-late")
    assert order.return_status == "none"
    order.receive_return(live(), "ret-1", returned_lines(cups=2))
    assert flags(order) == (RETURN_AFTER_DECLINE,)


def test_returning_more_than_was_shipped_is_recorded_and_flagged() -> None:
    order = confirmed()
    order.ship(live(), "s-1", goods(cups=1))
    order.receive_return(live(), "ret-1", returned_lines(cups=2))
    assert flags(order) == (RETURN_BEYOND_SHIPPED,)


def test_without_shipments_the_ordered_goods_count_as_shipped() -> None:
    order = confirmed()
    order.receive_return(live(), "ret-1", returned_lines(cups=2))
    assert flags(order) == ()
    order.receive_return(live(), "ret-2", returned_lines(cups=1))
    assert flags(order) == (RETURN_BEYOND_SHIPPED,)


def test_a_return_is_identified_by_its_id() -> None:
    order = shipped()
    order.receive_return(live(), "ret-1", returned_lines(cups=1))
    order.receive_return(live(YESTERDAY), "ret-1", returned_lines(cups=1))
    assert order.version == 5
    with pytest.raises(ReturnKnownOtherwise):
        order.receive_return(live(), "ret-1", returned_lines(cups=2))


def test_a_received_return_can_be_declined_only_by_an_import() -> None:
    order = shipped()
    order.request_return(live(), "ret-1", returned_lines(cups=1))
    order.receive_return(live(), "ret-1", returned_lines(cups=1))
    with pytest.raises(ReturnIsReceived):
        order.decline_return(live(), "ret-1")
    order.decline_return(imported(), "ret-1")
    assert flags(order) == (ReturnIsReceived.rule,)


def test_an_unknown_return_cannot_be_declined_or_reversed() -> None:
    with pytest.raises(ReturnUnknown):
        shipped().decline_return(imported(), "ret-1")
    with pytest.raises(ReturnUnknown):
        shipped().reverse_return(imported(), "ret-1")


def test_a_return_request_recorded_late_does_not_reopen_the_return() -> None:
    order = shipped()
    order.receive_return(live(), "ret-1", returned_lines(cups=2))
    order.request_return(live(), "ret-1", returned_lines(cups=2))
    order.reverse_return(live(), "ret-1")
    assert order.return_status == "none"
    assert state(stored(order)) == state(order)
