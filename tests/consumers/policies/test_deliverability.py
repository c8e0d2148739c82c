"""A contact method is undeliverable from a hard bounce on, until somebody restores it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.customers import customers
from commands.marketing import campaign_members
from consumers.policies.runner import Policies
from domain.customers.customer.events import ContactMethod, ContactMethodRestored, ContactMethodUndeliverable
from domain.shared.ids import external_id
from tests.consumers.policies.policy_place import ADA, MAIL, MEMBER, Place
from tests.consumers.policies.touch_acts import NEW_MAIL, lead_of_ada, retract
from tests.domain.given import LAST_WEEK, YESTERDAY


@pytest.fixture
def place(place: Place) -> Place:
    place.register_ada()
    place.plan_spring()
    return place


def test_a_hard_bounce_makes_the_contact_method_undeliverable_since_then(place: Place, policies: Policies) -> None:
    place.bounce(at=YESTERDAY)
    policies.follow()
    assert place.done() == [ContactMethodUndeliverable(method_id=MAIL, bounce="hard")]
    assert place.ada().known_method(MAIL).since == YESTERDAY


def test_an_event_of_a_policy_names_the_policy_and_the_cause(place: Place, policies: Policies) -> None:
    place.bounce()
    policies.follow()
    *_, cause, effect = place.log()
    done = effect.metadata
    assert (done.actor.type, done.actor.id, done.origin) == ("policy", "deliverability", "policy")
    assert (done.causation_id, done.correlation_id) == (cause.metadata.command_id, cause.metadata.command_id)
    assert done.command_id not in (None, cause.metadata.command_id)


def test_a_second_hard_bounce_and_a_soft_one_change_nothing(place: Place, policies: Policies) -> None:
    place.bounce(at=YESTERDAY)
    place.bounce()
    place.bounce("soft")
    policies.follow()
    assert len(place.done()) == 1


def test_a_bounce_from_before_the_method_was_restored_changes_nothing(place: Place, policies: Policies) -> None:
    place.run(customers.mark_undeliverable, customer_id=ADA, method_id=MAIL, bounce="soft", at=YESTERDAY)
    place.run(customers.restore_contact_method, customer_id=ADA, method_id=MAIL)
    place.bounce(at=YESTERDAY)
    policies.follow()
    assert place.done() == []


def test_a_bounce_of_an_unknown_contact_method_does_not_stop_the_policy(place: Place, policies: Policies) -> None:
    place.run(campaign_members.bounce, **MEMBER, bounce="hard", method_id=external_id("method", "test", "other", b""))
    place.bounce()
    assert policies.follow() == 2
    assert len(place.done()) == 1


def test_a_bounce_that_was_retracted_before_the_policy_read_it_changes_nothing(place: Place, policies: Policies) -> None:
    place.bounce(touch_id="b-1")
    retract(place, "b-1")
    policies.follow()
    assert place.ada().known_method(MAIL).bounce is None


def test_a_method_is_restored_when_its_bounce_is_retracted(place: Place, policies: Policies) -> None:
    place.bounce(touch_id="b-1", at=YESTERDAY)
    policies.follow()
    retract(place, "b-1")
    policies.follow()
    assert place.done()[-1] == ContactMethodRestored(method_id=MAIL)
    assert place.ada().known_method(MAIL).bounce is None


@pytest.mark.parametrize("retracted", ["b-1", "b-2"])
def test_another_bounce_of_the_member_keeps_the_method_undeliverable(place: Place, policies: Policies, retracted: str) -> None:
    for touch_id in ("b-1", "b-2"):
        place.bounce(touch_id=touch_id, send_id=touch_id, at=YESTERDAY)
    policies.follow()
    retract(place, retracted)
    policies.follow()
    assert place.ada().known_method(MAIL).bounce == "hard"


def test_a_retracted_bounce_restores_nothing_that_a_person_marked(place: Place, policies: Policies) -> None:
    place.run(customers.mark_undeliverable, customer_id=ADA, method_id=MAIL, bounce="hard", at=LAST_WEEK)
    place.bounce(touch_id="b-1", at=YESTERDAY)
    policies.follow()
    retract(place, "b-1")
    policies.follow()
    assert place.done() == []
    assert place.ada().known_method(MAIL).bounce == "hard"


def test_a_method_that_bounces_again_after_it_was_restored_is_undeliverable_again(place: Place, policies: Policies) -> None:
    place.bounce(at=YESTERDAY)
    policies.follow()
    place.run(customers.restore_contact_method, customer_id=ADA, method_id=MAIL)
    place.now += timedelta(hours=1)
    place.bounce(send_id="s-2")
    policies.follow()
    assert place.ada().known_method(MAIL).bounce == "hard"
    place.run(customers.restore_contact_method, customer_id=ADA, method_id=MAIL)
    place.forget_the_position()
    place.policies().follow()
    assert place.ada().known_method(MAIL).bounce is None, "reading the log again marks nothing again"


def test_a_delivery_restores_nothing_and_a_corrected_address_is_another_method(place: Place, policies: Policies) -> None:
    place.bounce()
    place.run(campaign_members.deliver, **MEMBER, method_id=MAIL)
    corrected = ContactMethod(method_id=NEW_MAIL, kind="email", value="ada@example.org")
    place.run(customers.add_contact_method, customer_id=ADA, method=corrected)
    policies.follow()
    assert place.ada().known_method(MAIL).bounce == "hard"
    assert place.ada().known_method(NEW_MAIL).bounce is None


def test_a_bounce_of_a_lead_concerns_the_customer_that_the_lead_has(place: Place, policies: Policies) -> None:
    member = lead_of_ada(place)
    place.run(campaign_members.bounce, **member, bounce="hard", method_id=MAIL)
    policies.follow()
    assert place.ada().known_method(MAIL).bounce == "hard"
