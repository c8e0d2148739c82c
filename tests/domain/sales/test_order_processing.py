"""Amending an order, cancelling lines, and the order status."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.sales.order.amending import CANCELLED_WHAT_IS_SHIPPED, LinesCancelled, QuantityBeyondOrdered
from domain.sales.order.processing import CANCELLED_AFTER_SHIPMENT, Cancelled
from domain.sales.order.state import OrderIsCancelled, OrderIsCompleted, OrderNotConfirmed, OrderNotEnded, OrderNotOpen
from domain.sales.order.terms import Terms
from domain.sales.order.values import Charge, Contact, Discount, Item, OrderDiscount
from domain.shared.contact import Address
from domain.shared.refusals import Malformed, Refusal
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored
from tests.domain.sales.given_orders import CUPS, POT, confirmed, goods, placed, shipped


def item(**facts: Any) -> Item:
    return msgspec.structs.replace(CUPS, **facts)


def discount_of(amount: str, **facts: Any) -> OrderDiscount:
    return OrderDiscount(kind="fixed", amount=Decimal(amount), **facts)


# Amending and cancelling lines


def test_an_open_order_can_be_amended() -> None:
    order = placed()
    order.amend(live(), lines=[CUPS])
    assert order.total == Decimal(20)
    assert order.line_ids == ("cups",)


def test_an_amendment_that_changes_nothing_records_nothing() -> None:
    order = placed(terms=Terms.of("EUR", [CUPS, POT], [discount_of("5")]))
    order.amend(live(), lines=[CUPS, POT], discounts=[discount_of("5")], contact=Contact(name="Ada"))
    assert order.version == 1


def test_an_amendment_contains_only_what_changed() -> None:
    order = placed()
    order.amend(live(), shipping_address=Address(city=" Oslo "))
    amended = msgspec.to_builtins(facts(order)[-1])
    assert amended == {"type": "crm.order.amended.v1", "total": "50.00", "shipping_address": {"city": "Oslo"}}


def test_a_discount_is_allocated_again_when_lines_change() -> None:
    order = placed(terms=Terms.of("EUR", [CUPS, POT], [discount_of("5")]))
    order.amend(live(), lines=[POT])
    assert order.terms.discounts[0].allocation == {"pot": Decimal(5)}


def test_a_confirmed_order_cannot_be_amended_and_on_import_it_is_flagged() -> None:
    order = confirmed()
    with pytest.raises(OrderNotOpen):
        order.amend(live(), lines=[CUPS])
    order.amend(imported(), lines=[CUPS])
    assert flags(order) == (OrderNotOpen.rule,)


def test_an_amendment_cannot_remove_shipped_quantities() -> None:
    order = placed()
    order.ship(live(), "s-1", goods(pot=1))
    with pytest.raises(Refusal, match="shipped or cancelled"):
        order.amend(live(), lines=[CUPS])


def test_cancelling_lines_reduces_the_total_by_their_amount() -> None:
    order = confirmed(terms=Terms.of("EUR", [CUPS, POT], [discount_of("5")]))
    order.cancel_lines(live(), goods(cups=1), reason="sold-out")
    event = facts(order)[-1]
    assert isinstance(event, LinesCancelled)
    assert (event.lines[0].amount, event.total) == (Decimal(9), Decimal(36))
    assert order.due("cups") == 1


def test_cancelling_a_line_in_parts_deducts_its_whole_amount() -> None:
    order = confirmed(terms=Terms.of("EUR", [item(quantity=Decimal(3), discounts=(Discount(amount=Decimal("19.99")),))]))
    for minute in range(3):
        order.cancel_lines(live(LAST_WEEK.replace(minute=minute)), goods(cups=1))
    assert order.total == 0


def test_a_negative_rounding_does_not_make_what_is_left_negative() -> None:
    rounding = [Charge(kind="rounding", amount=Decimal("-0.02"))]
    order = placed(terms=Terms.of("EUR", [CUPS], charges=rounding))
    order.cancel_lines(live(), goods(cups=2))
    assert str(order.total) == "0.00"
    order.amend(live(), charges=[Charge(kind="rounding", amount=Decimal("-0.03"))])
    assert str(order.total) == "0.00"


def test_no_more_can_be_cancelled_than_was_ordered() -> None:
    order = confirmed()
    with pytest.raises(QuantityBeyondOrdered):
        order.cancel_lines(imported(), goods(cups=3))


def test_cancelling_shipped_lines_is_recorded_and_flagged() -> None:
    order = shipped()
    order.cancel_lines(live(), goods(pot=1))
    assert flags(order) == (CANCELLED_WHAT_IS_SHIPPED,)


def test_the_same_cancellation_at_the_same_time_is_a_repeat() -> None:
    order = confirmed()
    order.cancel_lines(imported(), goods(cups=1))
    order.cancel_lines(imported(), goods(cups=1))
    assert order.due("cups") == 1


@pytest.mark.parametrize("lines", [goods(saucer=1), goods(cups=0), [], goods(cups=1) * 2])
def test_cancelling_unknown_missing_or_duplicate_lines_is_refused(lines: Any) -> None:
    with pytest.raises(Refusal):
        confirmed().cancel_lines(imported(), lines)


def test_lines_of_a_cancelled_order_cannot_be_cancelled() -> None:
    order = confirmed()
    order.cancel(live())
    with pytest.raises(OrderIsCancelled):
        order.cancel_lines(live(), goods(cups=1))


# Order status


def test_an_order_is_confirmed_completed_and_reopened() -> None:
    order = confirmed()
    seen = [order.status]
    order.complete(live())
    seen.append(order.status)
    order.reopen(live())
    seen.append(order.status)
    assert seen == ["confirmed", "completed", "confirmed"]


def test_reopening_a_cancelled_order_restores_its_status() -> None:
    order = placed()
    order.cancel(live())
    seen = [order.status]
    order.reopen(live())
    seen.append(order.status)
    assert seen == ["cancelled", "open"]


def test_a_repeated_status_records_nothing() -> None:
    order = confirmed()
    order.confirm(live())
    order.cancel(live())
    order.cancel(live(), reason="other")
    order.reopen(live())
    order.reopen(live())
    assert order.version == 4


def test_a_repeated_status_at_another_time_is_recorded_once_and_flagged() -> None:
    order = confirmed()
    order.confirm(live(YESTERDAY))
    assert flags(order) == ("repeated",)
    order.confirm(live(YESTERDAY))
    order.confirm(live(NOW))
    assert order.version == 3


@pytest.mark.parametrize(
    ("given", "decision", "refusal"),
    [
        ([], "complete", OrderNotConfirmed),
        ([], "reopen", OrderNotEnded),
        (["cancel"], "confirm", OrderIsCancelled),
        (["cancel"], "complete", OrderIsCancelled),
        (["confirm", "complete"], "cancel", OrderIsCompleted),
    ],
)
def test_our_own_decision_is_refused_live_and_flagged_on_import(
    given: list[str], decision: str, refusal: type[Refusal]
) -> None:
    order = placed()
    for earlier in given:
        getattr(order, earlier)(live())
    before = state(stored(order))
    with pytest.raises(refusal):
        getattr(order, decision)(live())
    assert state(order) == before
    getattr(order, decision)(imported())
    assert flags(order) == (refusal.rule,)


def test_cancelling_a_shipped_order_is_recorded_and_flagged() -> None:
    order = shipped()
    order.cancel(live(), reason="customer", note="  changed her mind ")
    assert flags(order) == (CANCELLED_AFTER_SHIPMENT,)
    assert facts(order)[-1] == Cancelled(reason="customer", note="changed her mind")


def test_a_reason_must_be_a_code() -> None:
    with pytest.raises(Malformed):
        placed().cancel(live(), reason="Ada changed her mind")
