"""Webhooks over HTTP: the secret is shown once, the state of delivery, and the permissions."""

from __future__ import annotations

from typing import Any

import pytest

from api.operations.webhooks import WebhookBody
from api.shared.access import Caller
from api.shared.problems import Problem
from consumers.webhooks import Courier
from domain.shared.events import Actor
from infra.processes.parts import Parts
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import World, on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.consumers.webhooks.listening import listening


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Receivers of these tests are on this machine."""
    return settings.model_copy(update={"webhook_networks": "127.0.0.0/8", "webhook_http": True})


ORDERS = {"url": "https://shop.example/events", "types": ["crm.order.*"]}


def registered(client: Client, **asked: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", ORDERS | asked)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def path(webhook: dict[str, Any]) -> str:
    return f"/v1/webhooks/{webhook['id']}"


@on_both_engines
def test_a_webhook_is_shown_as_of_now_and_as_of_the_past(client: Client) -> None:
    made = registered(client)
    assert client.put(path(made), ORDERS | {"types": []}).json()["version"] == 2
    assert client.post(f"{path(made)}/pause", {"reason": "holiday"}).json()["version"] == 3
    paused = seen(client, path(made))
    assert (paused["status"], paused["reason"], paused["types"]) == ("paused", "holiday", [])
    assert (paused["delivered_to"], paused["failing_since"], paused["last_error"]) == (made["position"], None, None)
    first = seen(client, path(made), version=1)
    assert (first["status"], first["types"], "delivered_to" in first) == ("active", ["crm.order.*"], False)
    assert client.post(f"{path(made)}/resumption").json()["version"] == 4
    assert client.post(f"{path(made)}/removal").json()["version"] == 5
    assert client.post(f"{path(made)}/resumption").status_code == 409
    types = [event["type"].split(".")[2] for event in seen(client, f"{path(made)}/history")["items"]]
    assert types == ["registered", "revised", "paused", "resumed", "removed"]
    assert [one["id"] for one in seen(client, "/v1/webhooks", status="removed")["items"]] == [made["id"]]
    assert seen(client, "/v1/webhooks", status="active")["items"] == []


def test_the_secret_is_shown_once(world: World) -> None:
    client = world.client
    key = {"Idempotency-Key": "w-1"}
    first, again = (client.post("/v1/webhooks", ORDERS, headers=key) for _ in range(2))
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    assert first.headers["Content-Length"] == str(len(first.content))
    assert again.json() == {name: value for name, value in first.json().items() if name != "secret"}
    paths = [f"/v1/webhooks{rest}" for rest in ("", f"/{first.json()['id']}", f"/{first.json()['id']}/history")]
    for path in paths:
        assert secret.removeprefix("whsec_") not in str(seen(client, path))
    assert secret.removeprefix("whsec_") not in client.get("/v1/events").text


@on_both_engines
def test_the_position_and_the_error_of_a_delivery_are_shown(client: Client, parts: Parts) -> None:
    courier = Courier(parts.deployment.store, parts.deployment.read_models, parts.deployment.settings.webhook_reach)
    with listening() as listener:
        webhook = registered(client, url=listener.url, types=["crm.customer.*"])
        listener.status = 500
        client.post("/v1/customers", {"name": "Ada"})
        seen(client, path(webhook))
        courier.deliver()
        failing = seen(client, path(webhook))
        assert (failing["delivered_to"], failing["failures"], failing["last_error"]) == (
            webhook["position"],
            1,
            "The receiver answered 500.",
        )
        assert failing["failing_since"] < failing["next_try"]
        listener.status = 200
        client.post(f"{path(webhook)}/pause")
        client.post(f"{path(webhook)}/resumption")
        seen(client, path(webhook))
        courier.deliver()
        delivered = seen(client, path(webhook))
    assert (delivered["delivered_to"], delivered["failing_since"]) == (head(client), None)
    assert [one.event["type"] for one in listener.taken] == ["crm.customer.registered.v2"] * 2
    assert "Ada" not in str(listener.taken[-1].event["data"])
    [listed] = client.get("/v1/events", params={"cursor": listener.positions()[-1] - 1, "limit": 1}).json()["items"]
    assert listener.taken[-1].event == listed | {"data": listener.taken[-1].event["data"]}


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ftp://shop.example"},
        {"url": "https://ada:secret@shop.example"},
        {"url": "https://"},
        {"url": "https:///events"},
        {"url": "https://shop.example:99999"},
        {"url": "https://[::1"},
        {"url": "https://" + "x" * 300 + ".example"},
        {"url": None},
        {"types": ["crm.*.placed"]},
        {"types": "crm.order.*"},
        {"types": ["crm.ordr.*"]},
        {"types": ["crm.order"]},
        {"types": ["crm.order.placed"]},
        {"subjects": ["ada"]},
        {"secret": "mine"},
    ],
)
def test_a_webhook_needs_a_url_without_credentials_and_known_filters(world: World, change: dict[str, Any]) -> None:
    before = world.head()
    assert world.client.post("/v1/webhooks", ORDERS | change).status_code == 422
    assert world.head() == before


def test_operators_read_webhooks_and_admins_register_them(world: World) -> None:
    webhook, operator = registered(world.client), world.key("operator")
    seen(world.client, path(webhook))
    assert world.client.get(path(webhook), headers=operator).status_code == 200
    assert world.client.post(f"{path(webhook)}/pause", headers=operator).status_code == 403
    assert world.client.get("/v1/webhooks", headers=world.key("agent")).status_code == 403


def test_a_webhook_with_personal_values_needs_the_permission_to_see_them(world: World) -> None:
    assert registered(world.client, personal=True)["version"] == 1
    blind = Caller("blind", frozenset({"webhooks:write"}), Actor(type="system", id="test"))
    body = WebhookBody(url="https://shop.example", personal=True)
    with pytest.raises(Problem, match="personal:read"):
        body.subscription(blind)
