"""A touch of a survivor also ends the consents, and marks the contact methods, that were recorded for a merged customer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.customers import customers
from commands.marketing import campaign_members
from consumers.policies.merged_customers import MergedCustomers
from consumers.policies.runner import Policies
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ContactMethod
from domain.shared.aggregate import replayed
from infra.processes.parts import running
from infra.read_models.completeness import Completeness
from infra.read_models.tables import create_tables
from infra.wiring import PROJECTIONS
from projections.customers import merging
from tests.consumers.policies.policy_place import ADA, BOB, MEMBER, SPRING, Place, place_in
from tests.consumers.policies.touch_acts import NEW_MAIL, lead_of_ada, retract
from tests.domain.given import LAST_WEEK, YESTERDAY

MAIL_OF_BOB = ContactMethod(method_id=NEW_MAIL, kind="email", label=None, primary=False, value="bob@example.com")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Ada, a member of a campaign, and Bob, with an address and a consent for it, who is merged into her."""
    with place_in(tmp_path) as place:
        chosen = [projection for projection in PROJECTIONS if projection.name in merging.READ]
        with place.read_models.writer.begin() as connection:
            create_tables(connection, [table for projection in chosen for table in projection.tables])
        place.register_ada()
        place.run(customers.register, customer_id=BOB, kind="person", name="Bob", contact_methods=[MAIL_OF_BOB], at=LAST_WEEK)
        for method_id in (None, NEW_MAIL):
            give(place, method_id)
        place.plan_spring()
        place.target()
        place.run(customers.merge, customer_id=BOB, into=ADA)
        with running(Projector(chosen, Tail(place.store), place.store, place.read_models, 1)):
            yield place


@pytest.fixture
def policies(place: Place) -> Policies:
    return late(place)


def late(place: Place) -> Policies:
    policy = MergedCustomers(place.store, place.read_models, Completeness(place.read_models)).policy()
    policies = Policies([policy], place.worker(), place.store, place.read_models, "late-facts")
    policies.begin()
    return policies


def give(place: Place, method_id: Any = None, **facts: Any) -> None:
    facts = {"customer_id": BOB, "purpose": "marketing", "channel": "email", "method_id": method_id, "at": LAST_WEEK} | facts
    place.run(customers.give_consent, **facts)


def bob(place: Place) -> Customer:
    return replayed(Customer, BOB, place.store.streams([BOB])[BOB])


def consents_of_bob(place: Place) -> set[Any]:
    """The contact methods, and None for all of them, for which Bob's consent is given."""
    return {method_id for (_, _, method_id), consent in bob(place).consents.items() if consent.terms is not None}


@pytest.mark.parametrize("touch", [campaign_members.unsubscribe, campaign_members.mark_as_spam])
def test_every_consent_of_a_merged_customer_ends_when_the_survivor_unsubscribes(
    place: Place, policies: Policies, touch: Any
) -> None:
    place.run(touch, **MEMBER, at=YESTERDAY)
    policies.follow()
    assert consents_of_bob(place) == set()
    assert {one.metadata.occurred_at for one in place.log() if one.metadata.actor.type == "policy"} == {YESTERDAY}


def test_the_consents_end_when_the_merged_customer_unsubscribes(place: Place, policies: Policies) -> None:
    place.run(campaign_members.unsubscribe, campaign_id=SPRING, customer_id=BOB)
    policies.follow()
    assert consents_of_bob(place) == set()


def test_the_consents_end_when_a_lead_who_became_the_survivor_unsubscribes(place: Place, policies: Policies) -> None:
    place.run(campaign_members.unsubscribe, **lead_of_ada(place))
    policies.follow()
    assert consents_of_bob(place) == set()


def test_a_consent_of_a_merged_customer_on_another_channel_stays(place: Place, policies: Policies) -> None:
    place.run(campaign_members.unsubscribe, **MEMBER, channel="sms")
    policies.follow()
    assert consents_of_bob(place) == {None, NEW_MAIL}


def test_a_customer_who_is_not_merged_any_more_keeps_their_consents(place: Place, policies: Policies) -> None:
    place.run(campaign_members.unsubscribe, **MEMBER)
    place.run(customers.unmerge, customer_id=BOB)
    policies.follow()
    assert consents_of_bob(place) == {None, NEW_MAIL}


def test_an_address_of_a_merged_customer_is_undeliverable_from_a_hard_bounce_on(place: Place, policies: Policies) -> None:
    place.run(campaign_members.bounce, **MEMBER, bounce="hard", method_id=NEW_MAIL, at=YESTERDAY)
    policies.follow()
    known = bob(place).known_method(NEW_MAIL)
    assert (known.bounce, known.since) == ("hard", YESTERDAY)


def test_the_address_of_a_merged_customer_is_restored_when_its_bounce_is_retracted(place: Place, policies: Policies) -> None:
    place.run(campaign_members.bounce, **MEMBER, bounce="hard", method_id=NEW_MAIL, touch_id="b-1", at=YESTERDAY)
    policies.follow()
    assert bob(place).known_method(NEW_MAIL).bounce == "hard"
    retract(place, "b-1")
    policies.follow()
    assert bob(place).known_method(NEW_MAIL).bounce is None


def test_a_bounce_of_the_survivors_own_address_changes_nothing_for_the_merged_customer(
    place: Place, policies: Policies
) -> None:
    place.bounce()
    policies.follow()
    assert place.done() == []
