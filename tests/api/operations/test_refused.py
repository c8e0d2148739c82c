"""Denied requests of known keys are kept for auditors: without their texts, and only the latest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.read_models.database import sqlite_read_models
from infra.read_models.refused import Refused, keep, latest
from infra.read_models.tables import prepare
from tests.api.client import Client
from tests.api.conftest import Headers, KeyFor, on_both_engines


def _denied(client: Client, key: Headers, auditor: Headers, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/refused", params={"key_id": _id(key), **asked}, headers=auditor)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def _id(key: Headers) -> str:
    return key["Authorization"].split("_")[1]


@on_both_engines
def test_an_auditor_sees_the_denied_requests_of_a_key_latest_first(client: Client, key_for: KeyFor) -> None:
    analyst, auditor = key_for("analyst"), key_for("auditor")
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    client.get("/v1/customers/by/shop/Ada", params={"q": "Ada"}, headers=analyst)
    client.post(f"/v1/customers/{customer}/tags", {"tags": ["vip"]}, headers=analyst)
    denied = _denied(client, analyst, auditor)
    assert [(one["method"], one["route"], one["about"]) for one in denied] == [
        ("POST", "/v1/customers/{id}/tags", customer),
        ("GET", "/v1/customers/by/{system}/{external:path}", None),
    ]
    assert [one["reason"] for one in denied] == [
        f"This needs the permission {name}." for name in ("customers:write", "personal:read")
    ]
    assert "Ada" not in str(denied)
    assert _denied(client, analyst, auditor, before=denied[0]["number"]) == denied[1:]


def test_a_request_denied_in_a_batch_is_kept_too(client: Client, key_for: KeyFor) -> None:
    analyst = key_for("analyst")
    headers = analyst | {"Content-Type": "application/x-ndjson"}
    client.request("POST", "/v1/batch", content=b'{"method":"POST","path":"/v1/orders"}', headers=headers)
    assert [one["route"] for one in _denied(client, analyst, key_for("auditor"))] == ["/v1/orders"]


def test_permitted_requests_and_those_without_a_key_are_not_kept(client: Client, key_for: KeyFor, stranger: Client) -> None:
    analyst = key_for("analyst")
    assert client.get("/v1/customers", headers=analyst).status_code == 200
    assert stranger.get("/v1/customers").status_code == 401
    assert client.get("/v1/refused").json()["items"] == []


def test_only_the_latest_are_kept(tmp_path: Path) -> None:
    read_models = sqlite_read_models(tmp_path / "read-models.db")
    prepare(read_models)
    for number in range(5):
        keep(read_models, Refused(datetime.now(UTC), f"key-{number}", "GET", "/v1/events", None, "No."), most=3)
    with read_models.reader.connect() as connection:
        assert [row["key_id"] for row in latest(connection, None, None, 10)] == ["key-4", "key-3", "key-2"]
    read_models.close()
