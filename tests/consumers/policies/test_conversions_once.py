"""A conversion is recorded once for each time that its order is paid, and what people did with it stays."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from commands.marketing import campaign_members
from commands.sales import orders
from consumers.policies.runner import Policies
from domain.marketing.campaign_member.events import ConversionReversed, Converted
from domain.shared.events import Event
from tests.consumers.policies.conversion_acts import (
    ALL_OFF,
    Act,
    begin,
    cancel_cups,
    charge_back,
    cups,
    current,
    link,
    on_order,
    order,
    pay,
    refund,
    undo,
    values,
)
from tests.consumers.policies.policy_place import BOB, MEMBER, ORDER, Place
from tests.domain.given import YESTERDAY


@pytest.fixture
def place(place: Place) -> Place:
    begin(place)
    return place


def test_a_conversion_that_a_person_reversed_stays_reversed_while_the_order_stays_paid(
    place: Place, policies: Policies
) -> None:
    for act in (order(), pay(20)):
        act(place)
    policies.follow()
    place.run(campaign_members.reverse_conversion, **MEMBER, conversion_id=str(ORDER))
    for act in (on_order(orders.confirm), pay(5, "p-2"), on_order(orders.complete)):
        act(place)
    policies.follow()
    place.forget_the_position()
    place.policies().follow()
    assert values(place) == []


def test_a_conversion_that_a_person_recorded_for_the_order_is_kept_with_its_value(place: Place, policies: Policies) -> None:
    order()(place)
    place.run(campaign_members.convert, **MEMBER, conversion_id="mine", order_id=ORDER, value=Decimal(7), currency="EUR")
    for act in (pay(20), cancel_cups(1)):
        act(place)
    policies.follow()
    assert [(one.conversion_id, one.value) for one in current(place)] == [("mine", Decimal(7))]
    refund(20)(place)
    policies.follow()
    assert values(place) == []


def test_an_imported_payment_converts_nobody_and_later_events_start_from_it(place: Place, policies: Policies) -> None:
    order()(place)
    pay(20, origin="import", at=YESTERDAY)(place)
    for act in (on_order(orders.confirm), cancel_cups(1), refund(5)):
        act(place)
    policies.follow()
    assert place.done() == []
    for act in (refund(15, "r-2"), pay(20, "p-2")):
        act(place)
    policies.follow()
    assert values(place) == [10]


def test_processes_that_follow_at_the_same_time_convert_once(place: Place) -> None:
    running = [place.policies() for _ in range(4)]
    for act in (order(), pay(20), undo("capture"), pay(20, "p-2")):
        act(place)
    threads = [threading.Thread(target=one.follow) for one in running]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(place) == [20]
    kinds: list[type[Event]] = [Converted, ConversionReversed, Converted]
    assert [type(event) for event in place.done()] == kinds


REASONS: dict[str, list[Act]] = {
    "refunded": [order(), pay(20), refund(20)],
    "charged_back": [order(), pay(20), charge_back(20)],
    "payment_reversed": [order(), pay(20), undo("capture")],
    "customer_changed": [order(), pay(20), link(BOB)],
    "cancelled": [order(discounts=(ALL_OFF,)), on_order(orders.cancel)],
    "amended": [order(), pay(20), cups(3)],
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_reversed_conversion_says_why(place: Place, policies: Policies, reason: str) -> None:
    for act in REASONS[reason]:
        act(place)
    policies.follow()
    [reversal] = (event for event in place.done() if isinstance(event, ConversionReversed))
    assert reversal.reason == reason
