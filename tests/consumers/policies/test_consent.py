"""Marketing consent ends when a member unsubscribes or marks a message as spam."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commands.customers import customers
from commands.marketing import campaign_members, campaigns
from commands.sales import leads
from consumers.policies.runner import Policies
from domain.customers.customer.events import ConsentWithdrawn
from tests.consumers.policies.policy_place import ADA, BOB, MAIL, MEMBER, SPRING, Place
from tests.consumers.policies.touch_acts import AUTUMN, LEAD, give, is_given, lead_of_ada, retract
from tests.domain.given import NOW, YESTERDAY


@pytest.fixture
def place(place: Place) -> Place:
    place.register_ada()
    place.plan_spring()
    return place


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


@pytest.mark.parametrize("touch", [campaign_members.unsubscribe, campaign_members.mark_as_spam])
def test_a_consent_that_is_given_again_stays_when_the_log_is_read_again(place: Place, policies: Policies, touch: Any) -> None:
    give(place, at=YESTERDAY)
    place.run(touch, **MEMBER)
    policies.follow()
    place.now += timedelta(hours=1)
    give(place)
    place.forget_the_position()
    place.policies().follow()
    assert is_given(place)


def test_a_second_touch_withdraws_a_consent_that_was_given_in_between(place: Place, policies: Policies) -> None:
    for hours in range(2):
        give(place)
        place.now += timedelta(hours=1)
        place.run(campaign_members.unsubscribe, **MEMBER, touch_id=f"u-{hours}")
        place.now += timedelta(hours=1)
    policies.follow()
    assert not is_given(place)


def test_an_unsubscription_that_was_retracted_before_the_policy_read_it_withdraws_nothing(
    place: Place, policies: Policies
) -> None:
    give(place, at=YESTERDAY)
    place.run(campaign_members.unsubscribe, **MEMBER, touch_id="u-1")
    retract(place, "u-1")
    policies.follow()
    assert is_given(place)


def test_a_retracted_unsubscription_gives_no_consent_back(place: Place, policies: Policies) -> None:
    give(place, at=YESTERDAY)
    place.run(campaign_members.unsubscribe, **MEMBER, touch_id="u-1")
    policies.follow()
    retract(place, "u-1")
    policies.follow()
    assert not is_given(place)


def test_the_channel_is_that_of_the_message_if_the_touch_names_none(place: Place, policies: Policies) -> None:
    for channel in ("email", "sms"):
        give(place, channel, at=YESTERDAY)
    place.run(campaign_members.send, **MEMBER, send_id="s-1", channel="sms")
    place.run(campaign_members.unsubscribe, **MEMBER, send_id="s-1")
    policies.follow()
    assert (is_given(place, "email"), is_given(place, "sms")) == (True, False)


@pytest.mark.parametrize(("channels", "ended"), [(("sms",), "sms"), (("email", "sms"), "email"), ((), "email")])
def test_the_channel_is_that_of_a_campaign_with_only_one(
    place: Place, policies: Policies, channels: tuple[str, ...], ended: str
) -> None:
    for channel in ("email", "sms"):
        give(place, channel, at=YESTERDAY)
    place.run(campaigns.plan, campaign_id=AUTUMN, name="Autumn", channels=channels)
    place.run(campaign_members.unsubscribe, campaign_id=AUTUMN, customer_id=ADA)
    policies.follow()
    assert [channel for channel in ("email", "sms") if not is_given(place, channel)] == [ended]


def test_a_touch_known_only_by_its_day_ends_a_consent_of_that_day(place: Place, policies: Policies) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    give(place, at=midnight + timedelta(hours=8))
    place.run(campaign_members.unsubscribe, **MEMBER, at=midnight, precision="day")
    policies.follow()
    assert not is_given(place)


def test_a_touch_known_only_by_its_day_leaves_a_consent_of_a_later_day(place: Place, policies: Policies) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    give(place, at=midnight)
    place.run(campaign_members.unsubscribe, **MEMBER, at=midnight - timedelta(days=1), precision="day")
    policies.follow()
    assert is_given(place)


def test_a_lead_who_unsubscribes_ends_the_consent_of_the_customer_that_the_lead_has(place: Place, policies: Policies) -> None:
    give(place, at=YESTERDAY)
    place.run(campaign_members.unsubscribe, **lead_of_ada(place))
    policies.follow()
    assert not is_given(place)


def test_a_lead_without_a_customer_ends_nobodys_consent(place: Place, policies: Policies) -> None:
    place.run(leads.capture, lead_id=LEAD, number="L-1")
    place.run(campaign_members.unsubscribe, campaign_id=SPRING, lead_id=LEAD)
    policies.follow()
    assert place.done() == []


def test_a_merged_member_ends_the_consent_of_the_survivor(place: Place, policies: Policies) -> None:
    place.run(customers.register, customer_id=BOB, kind="person", name="Bob")
    place.run(campaign_members.target, campaign_id=SPRING, customer_id=BOB)
    place.run(customers.merge, customer_id=BOB, into=ADA)
    give(place, at=YESTERDAY)
    place.run(campaign_members.unsubscribe, campaign_id=SPRING, customer_id=BOB)
    policies.follow()
    assert not is_given(place)
