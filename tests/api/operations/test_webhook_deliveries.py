"""What is sent to a webhook, over HTTP: secrets in rotation, tests, redeliveries, the log of deliveries, refused URLs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as StandardWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from consumers.webhooks import Courier
from infra.processes.parts import Parts
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import KeyFor, World, on_both_engines
from tests.api.customers.given_customers import seen
from tests.api.operations.test_webhooks import path, registered
from tests.consumers.webhooks.listening import Listener, Taken, listening

PEOPLE = {"types": ["crm.customer.*"]}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_networks": "127.0.0.0/8", "webhook_http": True})


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def courier(parts: Parts) -> Courier:
    return Courier(parts.deployment.store, parts.deployment.read_models, parts.deployment.settings.webhook_reach)


def deliver(client: Client, courier: Courier, webhook: dict[str, Any]) -> None:
    seen(client, path(webhook))
    courier.deliver()


def is_signed_with(secret: str, taken: Taken) -> bool:
    try:
        StandardWebhook(secret).verify(taken.body, dict(taken.headers))
    except WebhookVerificationError:
        return False
    return True


@on_both_engines
def test_during_a_rotation_both_secrets_sign_until_the_former_one_is_ended(
    client: Client, courier: Courier, listener: Listener
) -> None:
    webhook = registered(client, url=listener.url, **PEOPLE)
    rotated = client.post(f"{path(webhook)}/secret", {"overlap_hours": 1}).json()
    old, new = webhook["secret"], rotated["secret"]
    client.post("/v1/customers", {"name": "Ada"})
    deliver(client, courier, webhook)
    assert [is_signed_with(secret, listener.taken[-1]) for secret in (old, new)] == [True, True]
    shown = seen(client, path(webhook))
    assert shown["secret_rotated_at"] < shown["former_secrets_until"]
    assert client.post(f"{path(webhook)}/secret/expiry").json()["version"] == 3
    assert client.post(f"{path(webhook)}/secret/expiry").json()["version"] == 3, "there is nothing to end any more"
    client.post("/v1/customers", {"name": "Bob"})
    deliver(client, courier, webhook)
    assert [is_signed_with(secret, listener.taken[-1]) for secret in (old, new)] == [False, True]
    assert seen(client, path(webhook))["former_secrets_until"] is None


def test_a_rotation_whose_answer_was_lost_leaves_the_secret_that_the_receiver_knows_valid(
    client: Client, courier: Courier, listener: Listener
) -> None:
    webhook = registered(client, url=listener.url, **PEOPLE)
    key = {"Idempotency-Key": "r-1"}
    assert client.post(f"{path(webhook)}/secret", {}, headers=key).json()["secret"].startswith("whsec_")
    assert "secret" not in client.post(f"{path(webhook)}/secret", {}, headers=key).json()
    latest = client.post(f"{path(webhook)}/secret", {}).json()["secret"]
    client.post("/v1/customers", {"name": "Ada"})
    deliver(client, courier, webhook)
    assert [is_signed_with(secret, listener.taken[-1]) for secret in (webhook["secret"], latest)] == [True, True]
    client.post(f"{path(webhook)}/secret", {})
    refused = client.post(f"{path(webhook)}/secret", {})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-secrets")
    alone = client.post(f"{path(webhook)}/secret", {"overlap_hours": 0}).json()["secret"]
    client.post("/v1/customers", {"name": "Bob"})
    deliver(client, courier, webhook)
    assert [is_signed_with(secret, listener.taken[-1]) for secret in (webhook["secret"], latest, alone)] == [False, False, True]


@on_both_engines
def test_a_test_delivery_answers_what_the_receiver_answered(client: Client, listener: Listener) -> None:
    webhook = registered(client, url=listener.url)
    sent = client.post(f"{path(webhook)}/test").json()
    assert (sent["accepted"], sent["status"], sent["error"]) == (True, 204, None)
    assert is_signed_with(webhook["secret"], listener.taken[-1])
    assert listener.taken[-1].event == {"type": "recount.test.v1", "stream": webhook["id"], "data": {}}
    assert listener.taken[-1].headers["webhook-id"] == sent["message_id"]
    listener.status = 503
    failed = client.post(f"{path(webhook)}/test").json()
    assert (failed["accepted"], failed["status"], failed["error"]) == (False, 503, "The receiver answered 503.")
    logged = seen(client, f"{path(webhook)}/deliveries")["items"]
    assert [(one["kind"], one["status"], one["message_id"]) for one in logged] == [
        ("test", 503, failed["message_id"]),
        ("test", 204, sent["message_id"]),
    ]
    client.post(f"{path(webhook)}/removal")
    assert client.post(f"{path(webhook)}/test").status_code == 409
    assert client.post("/v1/webhooks/00000000-0000-0000-0000-000000000007/test").status_code == 404


@on_both_engines
def test_events_are_sent_again_under_the_same_id(client: Client, courier: Courier, listener: Listener) -> None:
    webhook = registered(client, url=listener.url, **PEOPLE)
    positions = [client.post("/v1/customers", {"name": name}).json()["position"] for name in ("Ada", "Bob", "Cai")]
    client.post("/v1/campaigns", {"name": "Spring"})
    deliver(client, courier, webhook)
    assert listener.positions() == positions
    asked = client.post(f"{path(webhook)}/redeliveries", {"first": positions[0], "last": positions[1]})
    assert asked.status_code == 200, asked.text
    client.post(f"{path(webhook)}/redeliveries", {"first": positions[2]})
    deliver(client, courier, webhook)
    deliver(client, courier, webhook)
    assert listener.positions() == [*positions, *positions]
    first, again = (listener.taken[n].headers["webhook-id"] for n in (0, 3))
    assert first == again
    kinds = [one["kind"] for one in seen(client, f"{path(webhook)}/deliveries")["items"]]
    assert kinds == ["redelivery"] * 3 + ["event"] * 3


def test_a_failed_redelivery_goes_on_where_it_stopped(client: Client, courier: Courier, listener: Listener) -> None:
    webhook = registered(client, url=listener.url, **PEOPLE)
    positions = [client.post("/v1/customers", {"name": name}).json()["position"] for name in ("Ada", "Bob")]
    deliver(client, courier, webhook)
    client.post(f"{path(webhook)}/redeliveries", {"first": positions[0], "last": positions[1]})
    listener.fail_after = len(listener.taken) + 1
    deliver(client, courier, webhook)
    assert listener.positions() == [*positions, *positions]
    assert seen(client, path(webhook))["failures"] == 1
    listener.fail_after = None
    client.post(f"{path(webhook)}/pause")
    client.post(f"{path(webhook)}/resumption")
    deliver(client, courier, webhook)
    assert listener.positions() == [*positions, *positions, positions[1]]
    assert seen(client, path(webhook))["failures"] == 0


@pytest.mark.parametrize(
    ("asked", "status"),
    [({}, 422), ({"first": 0}, 422), ({"first": 2, "last": 1}, 422), ({"first": 10**9}, 422), ({"first": 1, "last": 1}, 200)],
)
def test_a_redelivery_needs_positions_that_the_log_has(world: World, asked: dict[str, Any], status: int) -> None:
    webhook = registered(world.client)
    assert world.client.post(f"{path(webhook)}/redeliveries", asked).status_code == status


@on_both_engines
def test_the_log_of_deliveries_has_pages_and_no_personal_data(client: Client, courier: Courier, listener: Listener) -> None:
    webhook = registered(client, url=listener.url, types=["crm.customer.*"], personal=True)
    made = [client.post("/v1/customers", {"name": "Ada Lovelace"}).json()["position"] for _ in range(3)]
    deliver(client, courier, webhook)
    listener.status = 500
    made.append(client.post("/v1/customers", {"name": "Ada Lovelace"}).json()["position"])
    deliver(client, courier, webhook)
    first = seen(client, f"{path(webhook)}/deliveries", limit=2)
    second = client.get(first["next"]).json()
    assert [one["event_position"] for one in [*first["items"], *second["items"]]] == made[::-1]
    failed = first["items"][0]
    assert (failed["status"], failed["error"]) == (500, "The receiver answered 500.")
    assert failed["at"] < failed["next_try"]
    assert b"Lovelace" in listener.taken[-1].body
    assert "Lovelace" not in str([first, second])


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/events",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::1]/",
        "https://[fec0::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
    ],
)
def test_a_url_without_tls_or_with_an_address_that_is_not_public_is_refused(world: World, url: str) -> None:
    known = registered(world.client)
    before = world.head()
    for answer in (world.client.post("/v1/webhooks", {"url": url}), world.client.put(path(known), {"url": url})):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/url"
        assert "RECOUNT_WEBHOOK_" in answer.json()["errors"][0]["detail"]
    assert world.head() == before


def test_an_unknown_type_is_refused_with_the_nearest_one(world: World) -> None:
    for wrong, right in (("crm.order.plased.v1", "crm.order.placed.v1"), ("crm.ordr.*", "crm.order.*")):
        answer = world.client.post("/v1/webhooks", {"url": "https://shop.example", "types": [wrong]})
        assert answer.status_code == 422
        assert f"did you mean {right}?" in answer.json()["errors"][0]["detail"]


def test_operators_read_the_log_and_only_admins_act(client: Client, key_for: KeyFor) -> None:
    webhook, operator = registered(client), key_for("operator")
    seen(client, path(webhook))
    assert client.get(f"{path(webhook)}/deliveries", headers=operator).json()["items"] == []
    for action in ("secret", "secret/expiry", "test", "redeliveries"):
        assert client.post(f"{path(webhook)}/{action}", {"first": 1}, headers=operator).status_code == 403
