"""Touchpoints over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import ERASURE, registered, seen

PATH = "/v1/touchpoints"


def touched(client: Client, **more: Any) -> httpx.Response:
    body = {"channel": "web", "kind": "click", "anonymous_id": "visitor-1", "click_ids": {"gclid": "g-1"}}
    return client.post(PATH, body | more)


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


@on_both_engines
def test_a_touchpoint_with_an_external_id_is_recorded_once(client: Client) -> None:
    ada = id_of(registered(client))
    body = {"customer_id": ada, "utm": {"source": "news"}, "external": {"system": "ads", "id": "1"}}
    first, again = touched(client, **body), touched(client, **body)
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    assert touched(client, **body | {"kind": "visit"}).status_code == 409
    found = seen(client, first.headers["Location"])
    assert (found["customer_id"], found["utm"], found["channel"]) == (ada, {"source": "news"}, "web")
    assert found["private"] == {"anonymous_id": "visitor-1", "click_ids": {"gclid": "g-1"}}
    assert len(client.get(f"{first.headers['Location']}/history").json()["items"]) == 1


def test_the_customer_and_the_campaign_of_a_touchpoint_must_exist(client: Client) -> None:
    nobody = "00000000-0000-0000-0000-000000000007"
    assert touched(client, customer_id=nobody).status_code == 404
    assert touched(client, campaign_id=nobody).status_code == 404
    refused = touched(client, anonymous_id=None)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/nobody-touched")


def test_touchpoints_are_listed_by_filters(client: Client) -> None:
    ada = id_of(registered(client))
    touched(client, customer_id=ada, occurred_at="2026-01-01")
    touched(client, channel="social", kind="impression", occurred_at="2026-01-02T23:00Z")

    def channels(**question: Any) -> list[str]:
        return [touchpoint["channel"] for touchpoint in seen(client, PATH, **question)["items"]]

    assert channels() == ["social", "web"]
    assert channels(customer_id=ada) == ["web"]
    assert channels(kind="impression", channel="social") == ["social"]
    assert channels(occurred_from="2026-01-03", zone="Asia/Shanghai") == ["social"]


def test_personal_data_is_shown_with_permission_and_erased_with_the_customer(client: Client, key_for: KeyFor) -> None:
    customer = registered(client)
    touchpoint = touched(client, customer_id=id_of(customer)).headers["Location"]
    assert "private" in seen(client, touchpoint)
    analyst = key_for("analyst")
    for path in (touchpoint, PATH, f"{touchpoint}/history"):
        text = client.get(path, headers=analyst).text
        assert "visitor-1" not in text
        assert "g-1" not in text
    assert client.post(f"{customer}/erasure", ERASURE).status_code == 200
    assert seen(client, touchpoint)["private"] is None


def test_a_touchpoint_is_a_line_in_its_customers_timeline(client: Client) -> None:
    customer = registered(client)
    touched(client, customer_id=id_of(customer))
    line = seen(client, f"{customer}/timeline")["items"][0]
    assert (line["zh"], line["en"]) == ("触点已记录：类型 click，渠道 web", "Touchpoint recorded: kind click, channel web")
