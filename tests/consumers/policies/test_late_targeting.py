"""A member who is recorded late, as targeted before the payment, converts by the orders that they paid in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from commands.customers import customers
from commands.marketing import campaign_members
from commands.sales import leads
from consumers.policies.late_targeting import READ, LateTargeting
from consumers.policies.runner import Policies
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from domain.shared.ids import external_id
from infra.processes.parts import running
from infra.read_models.completeness import Completeness
from infra.read_models.tables import create_tables
from infra.wiring import PROJECTIONS
from tests.consumers.policies.conversion_acts import converted_at, order, pay, refund, values
from tests.consumers.policies.policy_place import ADA, BOB, MEMBER, ORDER, SPRING, Place, place_in
from tests.consumers.policies.touch_acts import LEAD
from tests.domain.given import LAST_WEEK, YESTERDAY

OTHER = external_id("campaign", "test", "autumn", b"")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Ada and Bob are no members yet. Read models run."""
    with place_in(tmp_path) as place:
        chosen = [projection for projection in PROJECTIONS if projection.name in READ]
        with place.read_models.writer.begin() as connection:
            create_tables(connection, [table for projection in chosen for table in projection.tables])
        place.register_ada()
        place.run(customers.register, customer_id=BOB, kind="person", name="Bob")
        place.plan_spring()
        with running(Projector(chosen, Tail(place.store), place.store, place.read_models, 1)):
            yield place


def late(place: Place) -> Policies:
    policy = LateTargeting(place.store, place.read_models, Completeness(place.read_models)).policy()
    policies = Policies([policy], place.worker(), place.store, place.read_models, "late-facts")
    policies.begin()
    return policies


@pytest.fixture
def policies(place: Place) -> list[Policies]:
    return [place.policies(), late(place)]


def follow(policies: list[Policies]) -> None:
    for one in policies:
        one.follow()


def test_an_order_that_was_paid_after_the_targeting_converts_when_the_targeting_is_recorded(
    place: Place, policies: list[Policies]
) -> None:
    order()(place)
    pay(20, at=YESTERDAY)(place)
    follow(policies)
    assert place.done() == []
    place.target(at=LAST_WEEK)
    follow(policies)
    assert values(place) == [20]
    assert converted_at(place) == [YESTERDAY]


@pytest.mark.parametrize("first", [0, 1], ids=["orders first", "members first"])
def test_both_followers_together_convert_once(place: Place, policies: list[Policies], first: int) -> None:
    order()(place)
    pay(20, at=YESTERDAY)(place)
    place.target(at=LAST_WEEK)
    for one in (policies[first], policies[1 - first]):
        one.follow()
    assert values(place) == [20]
    assert len(place.done()) == 1
    for name in ("policies", "late-facts"):
        place.forget_the_position(name)
    follow([place.policies(), late(place)])
    assert len(place.done()) == 1


def test_an_order_that_was_paid_before_the_targeting_does_not_convert(place: Place, policies: list[Policies]) -> None:
    order()(place)
    pay(20, at=LAST_WEEK)(place)
    place.target(at=YESTERDAY)
    follow(policies)
    assert place.done() == []


def test_only_the_orders_of_the_campaign_in_its_window_convert(place: Place, policies: list[Policies]) -> None:
    order(order_id=OTHER, number="A-2", campaign_id=None)(place)
    order()(place)
    place.now = LAST_WEEK + timedelta(days=30, seconds=1)
    pay(20)(place)
    place.target(at=LAST_WEEK)
    follow(policies)
    assert place.done() == []


def test_an_order_that_was_refunded_before_the_targeting_was_recorded_does_not_convert(
    place: Place, policies: list[Policies]
) -> None:
    order()(place)
    pay(20, at=YESTERDAY)(place)
    refund(20)(place)
    place.target(at=LAST_WEEK)
    follow(policies)
    assert values(place) == []


def test_the_order_of_a_customer_who_was_merged_into_the_member_converts(place: Place, policies: list[Policies]) -> None:
    order(customer_id=BOB)(place)
    pay(20, at=YESTERDAY)(place)
    place.run(customers.merge, customer_id=BOB, into=ADA)
    place.target(at=LAST_WEEK)
    follow(policies)
    assert values(place) == [20]


@pytest.mark.parametrize("customer_id", [None, BOB], ids=["guest", "customer who is no member"])
def test_the_order_that_names_a_lead_converts_when_the_lead_is_recorded_as_a_member(
    place: Place, policies: list[Policies], customer_id: UUID | None
) -> None:
    place.run(leads.capture, lead_id=LEAD, number="L-1")
    order(customer_id=customer_id, lead_id=LEAD)(place)
    order(order_id=OTHER, number="A-2", customer_id=customer_id)(place)
    pay(20, at=YESTERDAY)(place)
    follow(policies)
    place.run(campaign_members.target, campaign_id=SPRING, lead_id=LEAD, at=LAST_WEEK)
    follow(policies)
    assert values(place, LEAD) == [20]
    assert converted_at(place) == [YESTERDAY]


def test_a_conversion_that_a_person_reversed_does_not_return_with_a_second_targeting(
    place: Place, policies: list[Policies]
) -> None:
    place.target(at=LAST_WEEK)
    order()(place)
    pay(20)(place)
    follow(policies)
    place.run(campaign_members.reverse_conversion, **MEMBER, conversion_id=str(ORDER))
    place.run(campaign_members.remove, campaign_id=SPRING, customer_id=ADA)
    place.target(at=YESTERDAY)
    follow(policies)
    assert values(place) == []


def test_a_member_who_is_targeted_now_does_not_convert_by_an_earlier_payment(place: Place, policies: list[Policies]) -> None:
    order()(place)
    pay(20)(place)
    follow(policies)
    place.now += timedelta(minutes=1)
    place.target()
    follow(policies)
    assert place.done() == []
