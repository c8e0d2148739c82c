"""The events that each policy records, and when it records none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.customers import customers
from commands.marketing import campaign_members
from consumers.policies.runner import Policies
from domain.customers.customer.events import ConsentWithdrawn, ContactMethodUndeliverable
from domain.shared.ids import external_id
from tests.consumers.policies.policy_place import ADA, MAIL, MEMBER, Place, place_in
from tests.domain.given import YESTERDAY


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_in(tmp_path) as place:
        place.register_ada()
        place.plan_spring()
        yield place


@pytest.fixture
def policies(place: Place) -> Policies:
    return place.policies()


# Deliverability


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


# Consent


@pytest.mark.parametrize("touch", [campaign_members.unsubscribe, campaign_members.mark_as_spam])
def test_consent_ends_when_a_member_unsubscribes_or_marks_as_spam(place: Place, policies: Policies, touch: object) -> None:
    for method_id in (None, MAIL):
        place.run(
            customers.give_consent, customer_id=ADA, purpose="marketing", channel="email", method_id=method_id, at=YESTERDAY
        )
    place.run(touch, **MEMBER)  # type: ignore[arg-type]
    policies.follow()
    assert {consent.terms for consent in place.ada().consents.values()} == {None}


def test_only_marketing_on_that_channel_is_withdrawn(place: Place, policies: Policies) -> None:
    others = [("marketing", "sms"), ("delivery_notes", "email")]
    for purpose, channel in others:
        place.run(customers.give_consent, customer_id=ADA, purpose=purpose, channel=channel, at=YESTERDAY)
    place.run(campaign_members.unsubscribe, **MEMBER)
    policies.follow()
    assert place.done() == [ConsentWithdrawn(purpose="marketing", channel="email", source="unsubscribed")]
    assert all(place.ada().consents[purpose, channel, None].terms for purpose, channel in others)


def test_a_consent_given_after_the_touch_is_kept(place: Place, policies: Policies) -> None:
    place.run(customers.give_consent, customer_id=ADA, purpose="marketing", channel="email")
    place.run(campaign_members.unsubscribe, **MEMBER, at=YESTERDAY)
    policies.follow()
    assert place.done() == []


def test_unsubscribing_twice_withdraws_once(place: Place, policies: Policies) -> None:
    place.run(campaign_members.unsubscribe, **MEMBER, at=YESTERDAY)
    place.run(campaign_members.unsubscribe, **MEMBER)
    policies.follow()
    assert len(place.done()) == 1
