from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.operations.webhook import (
    Paused,
    Registered,
    Removed,
    Resumed,
    Revised,
    Subscription,
    TooManySecrets,
    Webhook,
    WebhookRegisteredOtherwise,
    WebhookRemoved,
)
from domain.shared.ids import external_id
from domain.shared.refusals import Malformed
from tests.domain.given import NOW, YESTERDAY, facts, flags, live, state, stored

SECRET, SECOND, THIRD, LAST = (external_id("secret", "test", str(n), b"") for n in range(1, 5))
ORDERS = Subscription(url="https://shop.example/events?from=crm", types=("crm.order.*",))


def registered() -> Webhook:
    webhook = Webhook(external_id("webhook", "test", "1", b""))
    webhook.register(live(), ORDERS, SECRET)
    return webhook


def test_a_webhook_is_registered_revised_paused_resumed_and_removed() -> None:
    webhook, all_of_it = registered(), replace(ORDERS, types=())
    for _ in range(2):
        webhook.register(live(), ORDERS if not facts(webhook)[1:] else all_of_it, SECRET)
        webhook.revise(live(), all_of_it)
    for decide in (webhook.pause, webhook.pause, webhook.resume, webhook.resume, webhook.remove, webhook.remove):
        decide(live())
    registration = Registered(subscription=ORDERS, secret_id=SECRET)
    assert facts(webhook) == [registration, Revised(subscription=all_of_it), Paused(), Resumed(), Removed()]
    assert state(stored(webhook)) == state(webhook)


def test_a_secret_that_is_replaced_stays_valid_until_its_time_ends() -> None:
    webhook = registered()
    webhook.rotate_secret(live(), SECOND, timedelta(hours=24))
    assert webhook.secret_ids(NOW) == [SECOND, SECRET]
    assert webhook.secret_ids(NOW + timedelta(hours=24)) == [SECOND]
    webhook.rotate_secret(live(), SECOND, timedelta(hours=24))
    webhook.rotate_secret(live(), THIRD, timedelta(hours=1))
    assert webhook.secret_ids(NOW) == [THIRD, SECRET, SECOND]
    assert webhook.secret_ids(NOW + timedelta(hours=2)) == [THIRD, SECRET]
    webhook.rotate_secret(live(), LAST, timedelta(0))
    assert webhook.secret_ids(NOW) == [LAST]
    assert state(stored(webhook)) == state(webhook)


@pytest.mark.parametrize("hours", [-1, 30 * 24 + 1])
def test_a_former_secret_is_valid_for_at_most_thirty_days(hours: int) -> None:
    with pytest.raises(Malformed):
        registered().rotate_secret(live(), SECOND, timedelta(hours=hours))


def test_a_webhook_has_at_most_four_valid_secrets() -> None:
    webhook = registered()
    for n in range(3):
        webhook.rotate_secret(live(), external_id("secret", "test", f"next {n}", b""), timedelta(hours=1))
    with pytest.raises(TooManySecrets):
        webhook.rotate_secret(live(), LAST, timedelta(hours=1))
    webhook.end_former_secrets(live())
    webhook.rotate_secret(live(), LAST, timedelta(hours=1))
    assert len(webhook.secret_ids(NOW)) == 2


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 1), (1, 10_001)])
def test_a_redelivery_of_no_or_too_many_positions_is_refused(first: int, last: int) -> None:
    with pytest.raises(Malformed):
        registered().request_redelivery(live(), first, last)


def test_redeliveries_are_numbered_by_the_versions_that_ask_for_them() -> None:
    webhook = registered()
    webhook.request_redelivery(live(), 1, 10_000)
    webhook.request_redelivery(live(), 7, 7)
    assert webhook.redeliveries == ((2, 1, 10_000), (3, 7, 7))


def test_only_the_removal_destroys_the_key_of_the_secret() -> None:
    webhook = registered()
    webhook.remove(live())
    assert [event.erases() for event in facts(webhook)] == [False, True]


def test_a_subscription_is_recorded_sorted_and_without_duplicates() -> None:
    webhook = registered()
    webhook.revise(live(), replace(ORDERS, types=("crm.ticket.*", "crm.order.*", "crm.ticket.*"), subjects=(SECRET, SECRET)))
    assert webhook.subscription == replace(ORDERS, types=("crm.order.*", "crm.ticket.*"), subjects=(SECRET,))


def test_another_webhook_with_the_same_id_is_refused() -> None:
    with pytest.raises(WebhookRegisteredOtherwise):
        registered().register(live(), replace(ORDERS, personal=True), SECRET)


def test_a_removed_webhook_cannot_change() -> None:
    webhook = registered()
    webhook.remove(live())
    for decide in (webhook.pause, webhook.resume, lambda context: webhook.revise(context, ORDERS)):
        with pytest.raises(WebhookRemoved):
            decide(live())


def test_a_pause_at_another_time_is_recorded_and_flagged() -> None:
    webhook = registered()
    webhook.pause(live())
    webhook.pause(live(YESTERDAY))
    assert flags(webhook) == ("repeated",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://shop.example"},
        {"url": "https://"},
        {"url": "https://ada:secret@shop.example"},
        {"url": "https://shop.example/#part"},
        {"url": "https://shop.example/a b"},
        {"url": "https://[::1"},
        {"url": "https://shop.example:99999"},
        {"url": "https://shop.example/" + "x" * 2000},
        {"types": ("crm.*.placed",)},
        {"types": tuple(f"crm.x{n}.*" for n in range(101))},
        {"irregular": "no such rule!"},
    ],
)
def test_an_invalid_subscription_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Webhook(external_id("webhook", "test", "2", b"")).register(live(), replace(ORDERS, **wrong), SECRET)
