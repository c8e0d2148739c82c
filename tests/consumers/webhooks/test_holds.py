"""One process at a time delivers to a webhook: it holds it, and another one takes over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from consumers.webhooks import Courier
from infra.read_models import deliveries
from infra.read_models.positions import Superseded
from tests.consumers.policies.policy_place import Place
from tests.consumers.webhooks.listening import Listener
from tests.consumers.webhooks.test_webhooks import ANYWHERE, DESK, SHOP, courier, deliver, register
from tests.waiting import wait_until


def test_only_one_process_delivers_until_its_hold_expires(place: Place, listener: Listener) -> None:
    register(place, listener.url, types=("crm.campaign.*", "crm.customer.*"))
    place.plan_spring()
    one, other = courier(place), courier(place)
    deliver(place, one)
    place.register_ada()
    deliver(place, other)
    assert listener.types() == ["campaign.planned"]
    place.now += timedelta(minutes=1)
    deliver(place, other)
    assert listener.types() == ["campaign.planned", "customer.registered"]


def test_a_superseded_process_saves_nothing(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.plan_spring()
    before = deliver(place)
    assert before is not None
    with place.read_models.writer.begin() as connection, pytest.raises(Superseded):
        deliveries.advance(connection, SHOP, DESK, 0)
    with place.read_models.reader.connect() as connection:
        assert deliveries.of(connection, SHOP) == before


def test_a_process_delivers_until_it_is_stopped_and_then_releases_its_hold(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.plan_spring()
    deliver(place)
    place.register_ada()
    delivered_by(courier(place), lambda: len(listener.taken) >= 2)
    with place.read_models.reader.connect() as connection:
        delivered = deliveries.of(connection, SHOP)
    assert delivered is not None
    assert delivered.holder is None
    assert listener.types() == ["campaign.planned", "customer.registered"]


def test_while_another_process_may_deliver_nothing_is_sent_and_afterwards_everything(place: Place, listener: Listener) -> None:
    place.register_ada()
    register(place, listener.url)
    place.plan_spring()
    place.target()
    alone = False
    frozen = Courier(place.store, place.read_models, ANYWHERE, clock=lambda: place.now, holds=lambda: alone)
    deliver(place, frozen)
    assert not listener.taken
    alone = True
    delivered = deliver(place, frozen)
    assert listener.types() == ["campaign.planned", "campaign_member.targeted"]
    assert delivered is not None
    assert (delivered.position, delivered.failures) == (place.store.head(), 0)


def test_the_only_process_that_delivers_does_not_wait_for_one_that_was_killed(place: Place, listener: Listener) -> None:
    place.register_ada()
    register(place, listener.url)
    place.plan_spring()
    deliver(place)
    place.target()
    deliver(place, courier(place))
    assert listener.types() == ["campaign.planned"]
    delivered_by(courier(place), lambda: len(listener.taken) >= 2)
    assert listener.types() == ["campaign.planned", "campaign_member.targeted"]


def delivered_by(one: Courier, enough: Callable[[], bool]) -> None:
    """Lets it run until it has delivered enough."""
    thread = threading.Thread(target=one.run)
    thread.start()
    wait_until(enough, "the deliveries arrive")
    one.stop()
    wait_until(lambda: not thread.is_alive(), "the courier ends")
