"""API keys over HTTP: shown once, listed without their secret, revoked permanently."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from api.shared.key_uses import KeyUses
from consumers.rebuilding.rebuild import rebuild
from domain.shared.ids import new_id
from infra.processes.parts import Parts, running
from infra.read_models import key_uses
from projections.operations.api_keys import api_keys
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.waiting import wait_until

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


# Expiry


def in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """The clock that decides whether a key has expired shows this moment."""
    monkeypatch.setattr(time, "time", moment.timestamp)


def test_a_key_expires_at_exactly_its_moment(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = in_an_hour()
    key = issued(client, expires_at=moment.isoformat())
    at(monkeypatch, moment - timedelta(microseconds=1))
    assert client.get("/v1/customers", headers=bearer(key)).status_code == 200
    at(monkeypatch, moment)
    refused = client.get("/v1/customers", headers=bearer(key))
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/expired-key")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_that_was_not_used_before_it_expired_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = in_an_hour()
    key = issued(client, expires_at=moment.isoformat())
    at(monkeypatch, moment)
    assert client.get("/v1/customers", headers=bearer(key)).json()["type"] == "/problems/expired-key"


@on_both_engines
def test_the_list_shows_when_keys_expire_and_the_log_who_changed_it(client: Client) -> None:
    first, then = in_an_hour().replace(microsecond=0), in_an_hour().replace(microsecond=0) + timedelta(days=1)
    key = issued(client, expires_at=first.isoformat())
    assert seen(client, "/v1/keys")["items"][0]["expires_at"] == first.isoformat().replace("+00:00", "Z")
    path = f"/v1/keys/{key['id']}/expiry"
    for _ in range(2):
        assert client.put(path, {"expires_at": then.isoformat()}).json()["version"] == 2
    assert seen(client, "/v1/keys")["items"][0]["expires_at"] == then.isoformat().replace("+00:00", "Z")
    assert client.put(path, {"expires_at": None}).json()["version"] == 3
    assert seen(client, "/v1/keys")["items"][0]["expires_at"] is None
    types = [event["type"] for event in client.get(f"/v1/events?stream={key['id']}").json()["items"]]
    assert sorted(types) == ["crm.api_key.expiry_set.v1"] * 2 + ["crm.api_key.issued.v1"]


def test_an_expired_key_works_again_when_its_expiry_is_later(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = in_an_hour()
    key = issued(client, expires_at=moment.isoformat())
    at(monkeypatch, moment)
    client.put(f"/v1/keys/{key['id']}/expiry", {"expires_at": (moment + timedelta(hours=1)).isoformat()})
    assert client.get("/v1/customers", headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "2030-01-01", "2030-01-01T00:00:00", 7, ""])
def test_a_key_needs_a_moment_in_the_future_to_expire_at(client: Client, moment: object) -> None:
    key, before = issued(client), head(client)
    assert client.post("/v1/keys", AGENT | {"expires_at": moment}).status_code == 422
    assert client.put(f"/v1/keys/{key['id']}/expiry", {"expires_at": moment}).status_code == 422
    assert client.put(f"/v1/keys/{key['id']}/expiry", {}).status_code == 422
    assert head(client) == before


def test_a_revoked_key_gets_no_other_expiry(client: Client) -> None:
    key = issued(client)
    client.post(f"/v1/keys/{key['id']}/revocation")
    refused = client.put(f"/v1/keys/{key['id']}/expiry", {"expires_at": None})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/api-key-revoked")
    assert client.put(f"/v1/keys/{new_id()}/expiry", {"expires_at": None}).status_code == 404


# Last use


def last_used(client: Client, key: dict[str, Any]) -> Any:
    [listed] = [one for one in seen(client, "/v1/keys")["items"] if one["key_id"] == key["id"]]
    return listed["last_used_at"]


@on_both_engines
def test_the_list_shows_the_minute_of_the_last_use(client: Client, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    key, uses = issued(client), KeyUses(parts.deployment.read_models)
    assert last_used(client, key) is None
    for moment in ("2026-05-01T10:30:15+00:00", "2026-05-01T10:41:59.9+00:00", "2026-05-01T10:35:00+00:00"):
        # Each as another process that stores what it noted: the latest counts, whichever comes last.
        at(monkeypatch, datetime.fromisoformat(moment))
        uses.note(UUID(key["id"]))
        uses.store()
    assert last_used(client, key) == "2026-05-01T10:41:00Z"
    rebuild(api_keys, parts.deployment.store, parts.deployment.read_models, 1)
    assert last_used(client, key) == "2026-05-01T10:41:00Z"


def test_a_use_is_neither_an_event_nor_a_write_of_its_request(client: Client, parts: Parts) -> None:
    key = issued(client)
    before = head(client)
    assert client.get("/v1/customers", headers=bearer(key)).status_code == 200
    assert head(client) == before
    assert last_used(client, key) is None


def test_uses_are_stored_in_the_background_and_at_the_end(parts: Parts) -> None:
    read_models, [first, last] = parts.deployment.read_models, [new_id(), new_id()]

    def stored(id: UUID) -> bool:
        with read_models.reader.connect() as connection:
            return id in key_uses.last_uses(connection, [id])

    often = KeyUses(read_models, every=0.01)
    with running(often, "key-uses"):
        often.note(first)
        wait_until(lambda: stored(first), "the use is stored")
    seldom = KeyUses(read_models, every=3600)
    with running(seldom, "key-uses"):
        seldom.note(last)
    assert stored(last)


def test_a_use_that_could_not_be_stored_is_stored_the_next_time(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    read_models, id = parts.deployment.read_models, new_id()
    uses = KeyUses(read_models)
    uses.note(id)

    def away(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("away"))

    with monkeypatch.context() as patched:
        patched.setattr(key_uses, "note", away)
        uses.store()
    uses.store()
    with read_models.reader.connect() as connection:
        assert id in key_uses.last_uses(connection, [id])


def test_the_key_of_the_command_line_has_no_last_use(parts: Parts) -> None:
    with parts.application("local_key") as app:
        client = Client(app, {"Authorization": "Bearer local_key"})
        assert client.get("/v1/keys").status_code == 200
        app.state.key_uses.store()
        client.close()
