"""A webhook whose receiver accepts nothing is tried again, and paused after a week, whatever the clocks say."""

from __future__ import annotations

from datetime import timedelta

from commands.operations import webhooks
from consumers.policies.undeliverable import PATIENCE, undeliverable
from domain.operations.webhook import Paused
from infra.read_models import attempts
from projections.shared.rows import Row
from tests.consumers.policies.policy_place import Place
from tests.consumers.webhooks.listening import Listener
from tests.consumers.webhooks.test_webhooks import SHOP, courier, deliver, register


def test_a_webhook_whose_receiver_accepts_nothing_for_a_week_is_paused_once(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.plan_spring()
    listener.status = 503
    deliver(place)
    place.now += PATIENCE
    for _ in range(2):
        place.clock(undeliverable).look(undeliverable)
    assert place.done() == [Paused(reason="undeliverable")]
    deliver(place)
    assert len(listener.taken) == 1
    listener.status = 200
    place.run(webhooks.resume, webhook_id=SHOP)
    deliver(place)
    assert listener.types() == ["campaign.planned", "campaign.planned", "webhook.paused", "webhook.resumed"]


def test_a_resumed_webhook_gets_another_week(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.plan_spring()
    listener.status = 503
    one = courier(place)
    deliver(place, one)
    place.now += PATIENCE
    place.run(webhooks.pause, webhook_id=SHOP)
    place.run(webhooks.resume, webhook_id=SHOP)
    again = deliver(place, one)
    assert again is not None
    assert (again.failures, again.failing_since) == (1, place.now)
    assert place.clock(undeliverable).look(undeliverable) == 0


def test_a_try_that_a_clock_put_off_while_it_was_ahead_is_done_when_it_is_right_again(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.plan_spring()
    listener.status, one = 503, courier(place)
    place.now += timedelta(days=9)
    failed = deliver(place, one)
    assert failed is not None
    assert failed.due is not None
    place.now -= timedelta(days=9)
    assert failed.due > place.now + timedelta(days=8)
    listener.status = 200
    delivered = deliver(place, one)
    assert listener.types() == ["campaign.planned"] * 2
    assert delivered is not None
    assert delivered.position == place.store.head()


def test_a_failure_that_began_in_the_future_begins_now(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.plan_spring()
    listener.status, one = 503, courier(place)
    place.now += timedelta(days=9)
    deliver(place, one)
    place.now -= timedelta(days=9)
    failed = deliver(place, one)
    assert failed is not None
    assert (failed.failures, failed.failing_since) == (2, place.now)


def test_old_tries_are_deleted_only_by_a_trusted_clock(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.plan_spring()
    deliver(place)
    place.now += attempts.LONGEST + timedelta(hours=1)
    place.trusts_clock = False
    deliver(place)
    assert len(tries(place)) == 1
    place.trusts_clock = True
    deliver(place)
    assert tries(place) == []


def tries(place: Place) -> list[Row]:
    with place.read_models.reader.connect() as connection:
        return attempts.latest(connection, SHOP, None, 10)
