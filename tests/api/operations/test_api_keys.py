"""API keys over HTTP: shown once, listed without their secret, revoked permanently."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Client
from tests.api.customers.given_customers import head, seen

AGENT = {"label": "Ada's desk", "roles": ["agent"]}


def issued(client: Client, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/keys", AGENT | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


def test_a_new_key_has_the_permissions_of_its_roles(client: Client) -> None:
    key = issued(client)
    assert client.get("/v1/customers", headers=bearer(key)).status_code == 200
    assert client.get("/v1/keys", headers=bearer(key)).status_code == 403


def test_an_answer_with_a_key_has_the_right_content_length(client: Client) -> None:
    answer = client.post("/v1/keys", AGENT)
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Location"] == f"/v1/keys/{answer.json()['id']}"


def test_the_answer_to_a_repeat_contains_no_key(client: Client) -> None:
    first, again = (client.post("/v1/keys", AGENT, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {name: value for name, value in first.json().items() if name != "key"}


def test_keys_are_listed_newest_first_without_their_secrets(client: Client) -> None:
    key = issued(client, roles=["analyst", "operator"])
    listed = seen(client, "/v1/keys")["items"]
    assert (listed[0]["key_id"], listed[0]["label"], listed[0]["roles"]) == (key["id"], "Ada's desk", ["analyst", "operator"])
    assert listed[0]["revoked_at"] is None
    assert all("hash" not in one and key["key"].split("_", 2)[2] not in str(one) for one in listed)


def test_a_revoked_key_is_listed_with_the_time(client: Client) -> None:
    key = issued(client)
    for _ in range(2):
        assert client.post(f"/v1/keys/{key['id']}/revocation").json()["version"] == 2
    assert seen(client, "/v1/keys")["items"][0]["revoked_at"] is not None


def test_a_key_that_was_never_used_stops_working_immediately(client: Client) -> None:
    key = issued(client)
    client.post(f"/v1/keys/{key['id']}/revocation")
    assert client.get("/v1/customers", headers=bearer(key)).status_code == 401


@pytest.mark.parametrize("change", [{"roles": []}, {"roles": ["king"]}, {"roles": "admin"}, {"label": ""}, {"label": None}])
def test_a_key_needs_a_label_and_known_roles(client: Client, change: dict[str, Any]) -> None:
    before = head(client)
    assert client.post("/v1/keys", AGENT | change).status_code == 422
    assert head(client) == before


def test_a_key_with_a_wrong_secret_is_refused(client: Client) -> None:
    key = issued(client)
    for text in (key["key"][:-1], key["key"] + "A", key["key"].upper(), key["key"].replace("rk_", "sk_")):
        assert client.get("/v1/customers", headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_the_actor_of_an_event_is_the_id_of_the_key(client: Client) -> None:
    key = issued(client)
    client.post("/v1/customers", {"name": "Grace"}, headers=bearer(key))
    actor = client.get("/v1/events", params={"type": "crm.customer.*"}).json()["items"][0]["metadata"]["actor"]
    assert actor == {"type": "api_key", "id": key["id"].replace("-", "")}
