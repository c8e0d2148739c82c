"""What known keys were refused is kept for auditors, without what they asked for in words, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.read_models.database import sqlite_read_models
from infra.read_models.refused import Refused, keep, latest
from infra.read_models.tables import prepare
from tests.api.client import Client
from tests.api.conftest import Headers, KeyFor, on_both_engines


def _told(client: Client, key: Headers, auditor: Headers, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/refused", params={"key_id": _id(key), **asked}, headers=auditor)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def _id(key: Headers) -> str:
    return key["Authorization"].split("_")[1]


@on_both_engines
def test_an_auditor_is_told_what_a_key_was_refused_the_latest_first(client: Client, key_for: KeyFor) -> None:
    analyst, auditor = key_for("analyst"), key_for("auditor")
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    client.get("/v1/customers/by/shop/Ada", params={"q": "Ada"}, headers=analyst)
    client.post(f"/v1/customers/{customer}/tags", {"tags": ["vip"]}, headers=analyst)
    told = _told(client, analyst, auditor)
    assert [(one["method"], one["route"], one["about"]) for one in told] == [
        ("POST", "/v1/customers/{id}/tags", customer),
        ("GET", "/v1/customers/by/{system}/{external:path}", None),
    ]
    assert [one["reason"] for one in told] == [
        f"This needs the permission {name}." for name in ("customers:write", "personal:read")
    ]
    assert "Ada" not in str(told)
    assert _told(client, analyst, auditor, before=told[0]["number"]) == told[1:]


def test_a_refusal_in_a_batch_is_kept_too(client: Client, key_for: KeyFor) -> None:
    analyst = key_for("analyst")
    headers = analyst | {"Content-Type": "application/x-ndjson"}
    client.request("POST", "/v1/batch", content=b'{"method":"POST","path":"/v1/orders"}', headers=headers)
    assert [one["route"] for one in _told(client, analyst, key_for("auditor"))] == ["/v1/orders"]


def test_what_is_permitted_and_who_has_no_key_is_not_kept(client: Client, key_for: KeyFor, stranger: Client) -> None:
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
