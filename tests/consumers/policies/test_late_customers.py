"""A lead who unsubscribed and then becomes a customer has no marketing consent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.marketing import campaign_members
from commands.sales import leads
from consumers.policies.late_customers import READ, LateCustomers
from consumers.policies.runner import Policies
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from infra.processes.parts import running
from infra.read_models.completeness import Completeness
from infra.read_models.tables import create_tables
from infra.wiring import PROJECTIONS
from tests.consumers.policies.policy_place import ADA, SPRING, Place, place_in
from tests.consumers.policies.touch_acts import LEAD, give, is_given
from tests.domain.given import LAST_WEEK, YESTERDAY

MEMBER: Any = {"campaign_id": SPRING, "lead_id": LEAD}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Ada, who gave consent last week, and a lead. Read models run."""
    with place_in(tmp_path) as place:
        chosen = [projection for projection in PROJECTIONS if projection.name in READ]
        with place.read_models.writer.begin() as connection:
            create_tables(connection, [table for projection in chosen for table in projection.tables])
        place.register_ada()
        give(place, at=LAST_WEEK)
        place.plan_spring()
        place.run(leads.capture, lead_id=LEAD, number="L-1")
        with running(Projector(chosen, Tail(place.store), place.store, place.read_models, 1)):
            yield place


@pytest.fixture
def policies(place: Place) -> Policies:
    return late(place)


def late(place: Place) -> Policies:
    policy = LateCustomers(place.store, place.read_models, Completeness(place.read_models)).policy()
    policies = Policies([policy], place.worker(), place.store, place.read_models, "late-facts")
    policies.begin()
    return policies


def becomes_ada(place: Place) -> None:
    place.run(leads.convert, lead_id=LEAD, customer_id=ADA)


def test_consent_ends_when_a_lead_who_unsubscribed_becomes_the_customer(place: Place, policies: Policies) -> None:
    place.run(campaign_members.unsubscribe, **MEMBER, at=YESTERDAY)
    becomes_ada(place)
    policies.follow()
    assert not is_given(place)
    [done] = (one.metadata for one in place.log() if one.metadata.actor.type == "policy")
    assert (done.actor.id, done.occurred_at) == ("unsubscribing", YESTERDAY)


def test_a_consent_that_was_given_after_the_lead_unsubscribed_is_kept(place: Place, policies: Policies) -> None:
    place.run(campaign_members.unsubscribe, **MEMBER, at=LAST_WEEK - timedelta(days=1))
    becomes_ada(place)
    policies.follow()
    assert is_given(place)


def test_a_touch_of_the_lead_that_was_retracted_ends_nothing(place: Place, policies: Policies) -> None:
    place.run(campaign_members.unsubscribe, **MEMBER, touch_id="u-1", at=YESTERDAY)
    place.run(campaign_members.retract_touch, **MEMBER, touch_id="u-1")
    becomes_ada(place)
    policies.follow()
    assert place.done() == []


def test_reading_the_log_again_does_not_end_a_consent_that_was_given_again(place: Place, policies: Policies) -> None:
    place.run(campaign_members.mark_as_spam, **MEMBER, at=YESTERDAY)
    becomes_ada(place)
    policies.follow()
    give(place)
    place.forget_the_position("late-facts")
    late(place).follow()
    assert is_given(place)
