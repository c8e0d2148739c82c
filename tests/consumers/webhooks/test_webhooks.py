"""Webhooks are sent events in order, signed, at least once, and independent of other receivers; some events are never sent."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook as StandardWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from commands.customers import customers
from commands.operations import webhooks
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from consumers.webhooks import Courier
from domain.operations.webhook import Subscription
from domain.shared.ids import external_id
from infra.event_store.vault import DamagedKey
from infra.read_models import deliveries
from infra.read_models.deliveries import Delivery
from infra.read_models.positions import deliveries as table
from infra.webhooks.addresses import EVERYTHING, Reach
from infra.webhooks.signing import secret_of
from projections.operations import webhooks as read_model
from tests.consumers.policies.policy_place import ADA, Place
from tests.consumers.webhooks.listening import Listener, listening
from tests.domain.given import LAST_WEEK

SHOP, DESK = (external_id("webhook", "test", name, b"") for name in ("shop", "desk"))
ANYWHERE = Reach(EVERYTHING, http=True)
SECRET = external_id("secret", "test", "1", b"")


def register(place: Place, url: str, webhook_id: UUID = SHOP, **wanted: Any) -> None:
    subscription = Subscription(url=url, **wanted)
    place.run(webhooks.register, webhook_id=webhook_id, subscription=subscription, secret_id=SECRET)


def courier(place: Place, reach: Reach = ANYWHERE) -> Courier:
    """A courier that runs like in a separate process."""
    return Courier(place.store, place.read_models, reach, lambda: place.now, lambda: place.trusts_clock)


def deliver(place: Place, by: Courier | None = None) -> Delivery | None:
    """Lets the read model catch up and tries all due deliveries once; returns the state of the first webhook.

    Without `by`, a new process delivers, after all others have released their holds.
    """
    projector = Projector([read_model.webhooks], Tail(place.store), place.store, place.read_models, 1)
    while projector.turn(0):
        pass
    if by is None:
        let_go(place)
    (by or courier(place)).deliver()
    with place.read_models.reader.connect() as connection:
        return deliveries.of(connection, SHOP)


def let_go(place: Place) -> None:
    """Releases all holds, like a process that has ended."""
    with place.read_models.writer.begin() as connection:
        connection.execute(table.update().values(holder=None))


def test_events_recorded_after_the_registration_are_sent_in_order(place: Place, listener: Listener) -> None:
    place.register_ada()
    register(place, listener.url)
    place.plan_spring()
    place.target()
    place.order()
    delivered = deliver(place)
    assert listener.types() == ["campaign.planned", "campaign_member.targeted", "order.placed"]
    assert listener.connections == 1
    ids = [one.headers["webhook-id"] for one in listener.taken]
    assert ids == [f"msg_{SHOP.hex}_{position}" for position in listener.positions()]
    assert delivered is not None
    assert delivered.position == place.store.head() == listener.positions()[-1]


def test_a_receiver_can_verify_the_sender_the_time_and_the_id(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.plan_spring()
    deliver(place)
    [taken] = listener.taken
    verifier = StandardWebhook(secret(place, SECRET))
    assert verifier.verify(taken.body, dict(taken.headers)) == taken.event
    raised = dict(taken.headers) | {"webhook-id": taken.headers["webhook-id"] + "9"}
    for forged in (raised, dict(taken.headers) | {"webhook-timestamp": str(int(time.time()) + 1)}):
        with pytest.raises(WebhookVerificationError):
            verifier.verify(taken.body, forged)


def secret(place: Place, id: UUID, webhook_id: UUID = SHOP) -> str:
    found = secret_of(place.store, webhook_id, id)
    assert found is not None
    return found


def test_only_subscribed_events_are_sent(place: Place, listener: Listener) -> None:
    register(place, listener.url, types=("crm.order.placed.v1", "crm.campaign_member.*"), subjects=(ADA,))
    register(place, listener.url, DESK, irregular="payment-over-due")
    place.register_ada()
    place.plan_spring()
    place.target()
    place.order()
    place.pay(30)
    deliver(place)
    assert sorted(listener.types()) == ["campaign_member.targeted", "order.payment_captured", "order.placed"]


def test_imported_events_are_never_sent(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    place.run(customers.register, customer_id=ADA, kind="person", name="Ada", origin="import", at=LAST_WEEK)
    delivered = deliver(place)
    assert not listener.taken
    assert delivered is not None
    assert delivered.position == place.store.head()


def test_personal_values_are_sent_only_if_they_were_granted(place: Place, listener: Listener) -> None:
    register(place, listener.url, types=("crm.customer.*",))
    register(place, listener.url, DESK, types=("crm.customer.*",), personal=True)
    place.register_ada()
    deliver(place)
    assert sorted(one.event["data"].get("name", "") for one in listener.taken) == ["", "Ada"]
    assert listener.taken[0].event["data"]["contact_methods"][0]["kind"] == "email"


def test_an_accepted_event_whose_position_was_not_saved_is_sent_again_and_nothing_is_lost(
    place: Place, listener: Listener
) -> None:
    register(place, listener.url)
    place.plan_spring()
    place.register_ada()
    deliver(place)
    with place.read_models.writer.begin() as connection:
        connection.execute(table.update().values(position=listener.positions()[0], holder=None))
    place.target()
    deliver(place)
    first, again, third = listener.positions()[0], listener.positions()[1], listener.positions()[-1]
    assert listener.positions() == [first, again, again, third]


def test_a_receiver_that_is_down_is_retried_later_and_stops_no_other_webhook(place: Place, listener: Listener) -> None:
    with listening() as other:
        register(place, other.url, DESK, types=("crm.campaign.*",))
        register(place, listener.url)
        place.plan_spring()
        listener.status = 500
        one = courier(place)
        failed = deliver(place, one)
        assert failed is not None
        assert (failed.failures, failed.failing_since, failed.last_error) == (1, place.now, "The receiver answered 500.")
        assert other.types() == ["campaign.planned"]
        deliver(place, one)
        assert len(listener.taken) == 1, "it is not due yet"
        for failures, seconds in ((2, 1), (3, 2), (4, 4)):  # At most: the wait is up to a quarter shorter.
            place.now += timedelta(seconds=seconds)
            again = deliver(place, one)
            assert again is not None
            assert (again.failures, again.failing_since) == (failures, failed.failing_since)
        listener.status = 200
        place.now += timedelta(hours=1)
        through = deliver(place, one)
    assert through is not None
    assert (through.failures, through.failing_since, through.due, through.last_error) == (0, None, None, None)
    assert listener.types() == ["campaign.planned"] * 5


def test_a_failed_connection_a_redirect_and_a_private_address_are_failures(place: Place, listener: Listener) -> None:
    register(place, "http://127.0.0.1:1/")
    place.plan_spring()
    unreachable = deliver(place)
    assert unreachable is not None
    assert unreachable.last_error is not None
    assert unreachable.last_error.startswith("ConnectError")
    listener.status, listener.location = 307, listener.url
    place.run(webhooks.revise, webhook_id=SHOP, subscription=Subscription(url=listener.url))
    redirected = deliver(place)
    assert redirected is not None
    assert redirected.last_error == "The receiver answered 307."
    assert len(listener.taken) == 1
    place.now += timedelta(hours=1)
    refused = deliver(place, courier(place, Reach(http=True)))
    assert refused is not None
    assert "RECOUNT_WEBHOOK_NETWORKS" in (refused.last_error or "")
    assert len(listener.taken) == 1


def test_a_webhook_whose_own_stream_is_damaged_holds_up_no_other(place: Place, listener: Listener) -> None:
    register(place, listener.url, DESK)
    damaged = place.store.head()
    register(place, listener.url)
    deliver(place)
    place.cut(damaged)
    for act in (place.register_ada, place.plan_spring):
        act()
        delivered = deliver(place)
        assert delivered is not None
        assert delivered.position == place.store.head()


def test_a_webhook_whose_key_is_damaged_holds_up_no_other(
    place: Place, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(place, listener.url, DESK)
    register(place, listener.url)
    derived = place.store.derived

    def damaged(subject: UUID, purposes: Any) -> Any:
        return DamagedKey(subject).derive("") if subject == DESK else derived(subject, purposes)

    monkeypatch.setattr(place.store, "derived", damaged)
    by = courier(place)
    for act in (place.register_ada, place.plan_spring):
        act()
        delivered = deliver(place, by)
        assert delivered is not None
        assert delivered.position == place.store.head()


def test_an_event_that_cannot_be_shown_is_a_failure_with_a_pause(
    place: Place, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(place, listener.url)
    place.plan_spring()

    def broken(*_: object) -> None:
        raise ValueError("a text that nobody may see")

    monkeypatch.setattr("consumers.webhooks.window.shown", broken)
    failed = deliver(place)
    assert failed is not None
    assert (failed.failures, failed.last_error) == (1, "The event cannot be shown: ValueError.")
    assert failed.due is not None
    assert failed.due > place.now


def test_webhooks_that_share_a_receiver_have_ids_of_their_own(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    register(place, listener.url, DESK)
    place.plan_spring()
    deliver(place)
    ids = {one.headers["webhook-id"] for one in listener.taken}
    assert len(ids) == len(listener.taken) == 3


def test_a_resumed_webhook_is_sent_the_events_recorded_meanwhile(place: Place, listener: Listener) -> None:
    register(place, listener.url, types=("crm.campaign.*", "crm.customer.*"))
    place.run(webhooks.pause, webhook_id=SHOP)
    place.plan_spring()
    deliver(place)
    assert not listener.taken
    place.run(webhooks.resume, webhook_id=SHOP)
    place.register_ada()
    deliver(place)
    assert listener.types() == ["campaign.planned", "customer.registered"]


def test_a_removal_destroys_the_secret_and_nothing_more_is_sent(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    deliver(place)
    place.run(webhooks.remove, webhook_id=SHOP)
    assert secret_of(place.store, SHOP, SECRET) is None
    # The read model has not folded the event yet.
    courier(place).deliver()
    deliver(place)
    assert not listener.taken


def test_every_webhook_has_its_own_secret_and_no_event_holds_it(place: Place, listener: Listener) -> None:
    register(place, listener.url)
    register(place, listener.url, DESK)
    secrets = {secret_of(place.store, SHOP, SECRET), secret_of(place.store, DESK, SECRET), secret_of(place.store, SHOP, DESK)}
    assert len(secrets) == 3
    log = b"".join(one.state for one in place.store.log(0, 100)).decode()
    assert not any(secret is None or secret.removeprefix("whsec_") in log for secret in secrets)
