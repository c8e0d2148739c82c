"""An order of a campaign is a conversion while it is paid, whatever event led to that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from commands.customers import customers
from commands.marketing import campaign_members
from commands.sales import order_payments, orders
from consumers.policies.runner import Policies
from domain.sales.order.values import OrderDiscount
from tests.consumers.policies.conversion_acts import (
    ALL_OFF,
    HOUR,
    Act,
    begin,
    cancel_cups,
    charge_back,
    converted_at,
    cups,
    discount,
    link,
    member,
    on_order,
    order,
    pay,
    refund,
    undo,
    values,
)
from tests.consumers.policies.policy_place import ADA, BOB, ORDER, SPRING, Place, place_in
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY


@pytest.fixture
def place(place: Place) -> Place:
    begin(place)
    return place


# Roads into the paid state, and out of it

ROADS: dict[str, tuple[Sequence[Act], list[int]]] = {
    "paid at once": ([order(), pay(20)], [20]),
    "paid in two parts": ([order(), pay(15), pay(5, "p-2")], [20]),
    "half paid": ([order(), pay(10)], []),
    "half paid, and the rest cancelled": ([order(), pay(10), cancel_cups(1)], [10]),
    "half paid, and amended to half": ([order(), pay(10), cups(1)], [10]),
    "half paid, and discounted to half": ([order(), pay(10), discount(OrderDiscount(kind="fixed", amount=Decimal(10)))], [10]),
    "paid, and half cancelled": ([order(), pay(20), cancel_cups(1)], [10]),
    "paid, half cancelled and refunded": ([order(), pay(20), cancel_cups(1), refund(10)], [10]),
    "paid, amended upwards": ([order(), pay(20), cups(3)], []),
    "paid, amended upwards, and the rest paid": ([order(), pay(20), cups(3), pay(10, "p-2")], [30]),
    "overpaid": ([order(), pay(25)], [20]),
    "capture reversed": ([order(), pay(20), undo("capture")], []),
    "one of two captures reversed": ([order(), pay(15), pay(5, "p-2"), undo("capture", "p-2")], []),
    "capture reversed, paid again": ([order(), pay(20), undo("capture"), pay(20, "p-2")], [20]),
    "paid again twice": (
        [order(), pay(20), undo("capture"), pay(20, "p-2"), undo("capture", "p-2"), pay(20, "p-3")],
        [20],
    ),
    "refunded in part": ([order(), pay(20), refund(5)], [20]),
    "refunded": ([order(), pay(20), refund(20)], []),
    "refunded in two parts": ([order(), pay(20), refund(5), refund(15, "r-2")], []),
    "refund reversed": ([order(), pay(20), refund(20), undo("refund", "r-1")], [20]),
    "refunded, paid again": ([order(), pay(20), refund(20), pay(20, "p-2")], [20]),
    "charged back": ([order(), pay(20), charge_back(20)], []),
    "charged back in part": ([order(), pay(20), charge_back(5)], [20]),
    "chargeback reversed": ([order(), pay(20), charge_back(20), undo("chargeback")], [20]),
    "authorised only": ([order(), on_order(order_payments.authorise_payment, payment_id="p-1", amount=Decimal(20))], []),
    "free when placed": ([order(discounts=(ALL_OFF,))], [0]),
    "discounted to zero": ([order(), discount(ALL_OFF)], [0]),
    "free no longer": ([order(discounts=(ALL_OFF,)), discount()], []),
    "paid, discounted to zero and refunded": ([order(), pay(20), discount(ALL_OFF), refund(20)], [0]),
    "free, and cancelled": ([order(discounts=(ALL_OFF,)), on_order(orders.cancel)], []),
    "free, cancelled, and reopened": ([order(discounts=(ALL_OFF,)), on_order(orders.cancel), on_order(orders.reopen)], [0]),
    "all lines cancelled": ([order(), cancel_cups(2)], []),
    "paid and cancelled, not refunded": ([order(), pay(20), on_order(orders.cancel)], [20]),
    "paid, cancelled and refunded": ([order(), pay(20), on_order(orders.cancel), refund(20)], []),
    "a guest's": ([order(customer_id=None), pay(20)], []),
    "a guest's, linked after the payment": ([order(customer_id=None), pay(20), link(ADA)], [20]),
    "a guest's, linked before the payment": ([order(customer_id=None), link(ADA), pay(20)], [20]),
    "a guest's, linked and refunded": ([order(customer_id=None), pay(20), link(ADA), refund(20)], []),
    "moved to another customer": ([order(), pay(20), link(BOB)], []),
    "moved to another customer and back": ([order(), pay(20), link(BOB), link(ADA)], [20]),
    "taken over from another customer": ([order(customer_id=BOB), pay(20), link(ADA)], [20]),
    "a test": ([order(test=True), pay(20)], []),
    "of no campaign": ([order(campaign_id=None), pay(20)], []),
}


@pytest.mark.parametrize(("acts", "expected"), ROADS.values(), ids=ROADS)
@pytest.mark.parametrize("at_once", [True, False], ids=["followed at the end", "followed after each event"])
def test_an_order_is_a_conversion_while_it_is_paid(
    place: Place, policies: Policies, acts: Sequence[Act], expected: list[int], at_once: bool
) -> None:
    for act in acts:
        act(place)
        if not at_once:
            policies.follow()
    policies.follow()
    assert values(place) == expected
    head = place.store.head()
    policies.follow()
    place.forget_the_position()
    place.policies().follow()
    assert place.store.head() == head, "reading the log again does nothing again"


def test_how_far_the_log_has_grown_does_not_change_what_a_policy_records(tmp_path: Path) -> None:
    """Also an order that was paid, and is not paid any more when the policy reads it, has both facts."""
    acts = [order(), pay(20), undo("capture"), pay(20, "p-2"), refund(20), undo("refund", "r-1"), cancel_cups(1), link(BOB)]
    done = []
    for at_once in (True, False):
        (tmp_path / str(at_once)).mkdir()
        with place_in(tmp_path / str(at_once)) as place:
            begin(place)
            policies = place.policies()
            for act in acts:
                place.now += HOUR
                act(place)
                if not at_once:
                    policies.follow()
            policies.follow()
            mine = (one for one in place.log() if one.metadata.actor.type == "policy")
            done.append([(one.event, one.metadata.occurred_at) for one in mine])
    assert done[0] == done[1]
    assert len(done[0]) == 8


def test_a_conversion_has_an_id_of_its_own_each_time(place: Place, policies: Policies) -> None:
    for act in (order(), pay(20), undo("capture"), pay(20, "p-2")):
        act(place)
    policies.follow()
    first, second = member(place).conversions.values()
    assert (first.conversion_id, second.conversion_id) == (str(ORDER), f"{ORDER}#4")
    assert (second.order_id, second.value, second.currency) == (ORDER, Decimal(20), "EUR")
    assert member(place).reversed == {str(ORDER)}


# When it happened


def test_a_conversion_happens_when_the_order_is_paid(place: Place, policies: Policies) -> None:
    order(customer_id=None)(place)
    pay(20, at=YESTERDAY)(place)
    link(ADA)(place)
    policies.follow()
    assert converted_at(place) == [YESTERDAY]


def test_a_refund_that_did_not_happen_leaves_the_time_of_the_payment(place: Place, policies: Policies) -> None:
    order()(place)
    pay(20, at=YESTERDAY)(place)
    for act in (refund(20), undo("refund", "r-1"), cancel_cups(1)):
        act(place)
    policies.follow()
    assert converted_at(place) == [YESTERDAY] * 3


def test_a_second_payment_has_its_own_time(place: Place, policies: Policies) -> None:
    order()(place)
    pay(20, at=YESTERDAY)(place)
    for act in (refund(20), pay(20, "p-2", at=NOW)):
        act(place)
    policies.follow()
    assert converted_at(place) == [YESTERDAY, NOW]


def test_a_guests_order_linked_after_the_attribution_window_was_paid_within_it(place: Place, policies: Policies) -> None:
    order(customer_id=None)(place)
    pay(20)(place)
    place.now += timedelta(days=60)
    link(ADA)(place)
    policies.follow()
    assert values(place) == [20]


def test_a_payment_after_the_attribution_window_converts_nobody(place: Place, policies: Policies) -> None:
    order()(place)
    place.now = LAST_WEEK + timedelta(days=30, seconds=1)
    for act in (pay(20), cancel_cups(1), refund(10)):
        act(place)
    policies.follow()
    assert place.done() == []


def test_the_last_moment_of_the_attribution_window_is_included(place: Place, policies: Policies) -> None:
    order()(place)
    place.now = LAST_WEEK + timedelta(days=30)
    pay(20)(place)
    policies.follow()
    assert values(place) == [20]


def test_a_customer_who_was_not_targeted_before_does_not_convert(place: Place, policies: Policies) -> None:
    order(customer_id=BOB)(place)
    pay(20, at=YESTERDAY)(place)
    policies.follow()
    place.run(campaign_members.target, campaign_id=SPRING, customer_id=BOB)
    pay(20, "p-2", at=YESTERDAY)(place)
    policies.follow()
    assert place.done() == []


# Whose it is


def test_an_order_that_moves_to_another_member_moves_its_conversion(place: Place, policies: Policies) -> None:
    place.run(campaign_members.target, campaign_id=SPRING, customer_id=BOB, at=LAST_WEEK)
    for act in (order(), pay(20), link(BOB)):
        act(place)
    policies.follow()
    assert (values(place), values(place, BOB)) == ([], [20])
    refund(20)(place)
    policies.follow()
    assert (values(place), values(place, BOB)) == ([], [])


def test_the_order_of_a_merged_customer_converts_the_survivor(place: Place, policies: Policies) -> None:
    order(customer_id=BOB)(place)
    place.run(customers.merge, customer_id=BOB, into=ADA)
    for act in (pay(20), refund(20), pay(20, "p-2")):
        act(place)
        policies.follow()
    assert (values(place), values(place, BOB)) == ([20], [])


def test_a_member_who_was_merged_stays_the_member(place: Place, policies: Policies) -> None:
    order()(place)
    place.run(customers.merge, customer_id=ADA, into=BOB)
    pay(20)(place)
    policies.follow()
    assert (values(place), values(place, BOB)) == ([20], [])


def test_an_erased_customer_does_not_convert_and_stops_no_later_event(place: Place, policies: Policies) -> None:
    order()(place)
    place.run(customers.erase, customer_id=ADA, reason="requested", requested_by="customer", receipt="e-1")
    pay(20)(place)
    policies.follow()
    assert place.done() == []
