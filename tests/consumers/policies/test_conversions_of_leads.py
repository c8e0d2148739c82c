"""The order of a lead, or of a customer who was targeted as a lead, is a conversion of the lead."""

from __future__ import annotations

from decimal import Decimal

import pytest

from commands.marketing import campaign_members
from commands.sales import leads
from consumers.policies.runner import Policies
from tests.consumers.policies.conversion_acts import (
    begin,
    cancel_cups,
    current,
    order,
    pay,
    refund,
    values,
)
from tests.consumers.policies.policy_place import BOB, SPRING, Place
from tests.consumers.policies.touch_acts import LEAD
from tests.domain.given import LAST_WEEK


@pytest.fixture
def place(place: Place) -> Place:
    begin(place)
    return place


def lead(place: Place, *, member: bool = True) -> None:
    place.run(leads.capture, lead_id=LEAD, number="L-1")
    if member:
        place.run(campaign_members.target, campaign_id=SPRING, lead_id=LEAD, at=LAST_WEEK)


def test_the_order_of_a_customer_who_was_targeted_as_a_lead_converts_the_lead(place: Place, policies: Policies) -> None:
    lead(place)
    place.run(leads.convert, lead_id=LEAD, customer_id=BOB)
    for act in (order(customer_id=BOB, lead_id=LEAD), pay(20)):
        act(place)
    policies.follow()
    assert [(one.lead_id, one.customer_id, one.value) for one in current(place, LEAD)] == [(LEAD, None, Decimal(20))]
    refund(20)(place)
    policies.follow()
    assert values(place, LEAD) == []


def test_the_order_of_a_guest_converts_the_lead_that_it_names(place: Place, policies: Policies) -> None:
    lead(place)
    for act in (order(customer_id=None, lead_id=LEAD), pay(20), cancel_cups(1)):
        act(place)
    policies.follow()
    assert values(place, LEAD) == [10]


def test_a_customer_who_is_a_member_converts_and_their_lead_does_not(place: Place, policies: Policies) -> None:
    lead(place)
    for act in (order(lead_id=LEAD), pay(20)):
        act(place)
    policies.follow()
    assert (values(place), values(place, LEAD)) == ([20], [])


def test_the_order_of_a_lead_who_is_no_member_converts_nobody(place: Place, policies: Policies) -> None:
    lead(place, member=False)
    for act in (order(customer_id=None, lead_id=LEAD), pay(20)):
        act(place)
    policies.follow()
    assert place.done() == []


def test_an_erased_lead_does_not_convert_and_the_customer_does(place: Place, policies: Policies) -> None:
    lead(place)
    order(lead_id=LEAD)(place)
    place.run(leads.erase, lead_id=LEAD, reason="requested", requested_by="customer", receipt="e-1")
    pay(20)(place)
    policies.follow()
    assert (values(place), values(place, LEAD)) == ([20], [])
