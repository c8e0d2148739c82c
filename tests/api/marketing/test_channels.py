"""Channels and their days over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import World, on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.marketing.given_channels import MATOMO, WEB, cost, counted, opened


@on_both_engines
def test_a_channel_is_opened_renamed_closed_and_opened_again(client: Client) -> None:
    channel = opened(client)
    assert channel == "/v1/channels/web"
    assert client.put(channel, WEB).json()["version"] == 1
    assert client.put(channel, WEB | {"name": "Shop"}).status_code == 200
    assert client.post(f"{channel}/closure", {"occurred_at": "2026-01-31"}).status_code == 200
    found = seen(client, channel)
    assert (found["code"], found["name"], found["kind"], found["version"]) == ("web", "Shop", "web", 3)
    assert found["closed_at"] == "2026-01-31T00:00:00Z"
    assert client.put(channel, WEB | {"kind": "store"}).status_code == 200
    found = seen(client, channel)
    assert (found["name"], found["kind"], found["closed_at"]) == ("Web shop", "store", None)


def test_an_open_channel_cannot_change_its_kind(client: Client) -> None:
    refused = client.put(opened(client), WEB | {"kind": "store"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/channel-opened-otherwise")


def test_a_channel_is_shown_as_it_was_and_with_the_changes_of_each_event(client: Client) -> None:
    channel = opened(client)
    client.put(channel, WEB | {"name": "Shop"})
    assert seen(client, channel, version=1)["name"] == "Web shop"
    events = client.get(f"{channel}/history").json()["items"]
    assert [event["type"] for event in events] == ["crm.channel.opened.v1", "crm.channel.renamed.v1"]
    assert events[1]["changes"] == {"name": {"before": "Web shop", "after": "Shop"}}


def test_a_channel_that_was_never_opened_is_not_found_but_has_days(client: Client) -> None:
    counted(client, "kiosk", "2026-01-02", visits=3)
    for path in ("/v1/channels/kiosk", "/v1/channels/kiosk/history"):
        assert client.get(path).status_code == 404
    assert client.post("/v1/channels/kiosk/closure").status_code == 404
    assert [day["visits"] for day in seen(client, "/v1/channels/kiosk/days")["items"]] == [3]


def test_channels_are_listed_by_code_kind_and_whether_they_are_closed(client: Client) -> None:
    for code, kind in (("web", "web"), ("store-2", "store"), ("store-1", "store")):
        opened(client, code, kind=kind)
    client.post("/v1/channels/store-2/closure")

    def codes(**question: Any) -> list[str]:
        return [channel["code"] for channel in seen(client, "/v1/channels", **question)["items"]]

    assert codes() == ["store-1", "store-2", "web"]
    assert codes(kind="store", closed=False) == ["store-1"]
    first = seen(client, "/v1/channels", limit=2)
    assert [channel["code"] for channel in client.get(first["next"]).json()["items"]] == ["web"]


@on_both_engines
def test_a_source_sets_a_day_and_can_correct_it(client: Client) -> None:
    counted(client, "web", "2026-01-02", visits=100, visitors=80)
    before = head(client)
    counted(client, "web", "2026-01-02", visits=100, visitors=80)
    assert head(client) == before
    counted(client, "web", "2026-01-02", visits=90)
    counted(client, "web", "2026-01-01", visits=5)
    cost(client, "web", "2026-01-02", "12.5")
    days = seen(client, "/v1/channels/web/days")["items"]
    assert [(day["date"], day["source"], day["visits"], day["visitors"], day["cost"], day["currency"]) for day in days[:1]] == [
        ("2026-01-01", "matomo", 5, None, None, None)
    ]
    found = {(day["source"], day["visits"], day["visitors"], day["cost"], day["currency"]) for day in days[1:]}
    assert found == {("matomo", 90, None, None, None), ("ads", None, None, "12.50", "EUR")}
    assert len(seen(client, "/v1/channels/web/days", **{"from": "2026-01-02", "to": "2026-01-03"})["items"]) == 2
    assert seen(client, "/v1/channels/web/days", **{"from": "2026-01-03"})["items"] == []


def test_more_clicks_than_impressions_are_recorded_and_flagged(client: Client) -> None:
    counted(client, "web", "2026-01-02", impressions=1, clicks=2)
    [event] = client.get("/v1/events", params={"irregular": "clicks-above-impressions"}).json()["items"]
    assert event["data"]["clicks"] == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("days/2026-01-02/traffic", {"visits": 1}),
        ("days/2026-01-02/traffic", {"source": MATOMO}),
        ("days/2026-01-02/traffic", {"source": MATOMO, "visits": -1}),
        ("days/2026-01-02/traffic", {"source": MATOMO, "visits": "1"}),
        ("days/2026-01-02/traffic", {"source": MATOMO, "visits": 1.5}),
        ("days/2026-01-02/traffic", {"source": MATOMO, "visits": 10**30}),
        ("days/2026-02-30/traffic", {"source": MATOMO, "visits": 1}),
        ("days/1899-12-31/traffic", {"source": MATOMO, "visits": 1}),
        ("days/2026-01-02/cost", {"source": MATOMO, "amount": "-1", "currency": "EUR"}),
        ("days/2026-01-02/cost", {"source": MATOMO, "amount": 1, "currency": "EUR"}),
        ("days/2026-01-02/cost", {"source": MATOMO, "amount": "1.005", "currency": "EUR"}),
        ("days/2026-01-02/cost", {"source": MATOMO, "amount": "1", "currency": "XXX"}),
        ("", {"name": "", "kind": "web"}),
        ("", {"name": "Shop", "kind": "shop"}),
    ],
)
def test_a_malformed_channel_count_or_amount_is_refused(world: World, path: str, body: dict[str, Any]) -> None:
    answer = world.client.put(f"/v1/channels/odd/{path}".rstrip("/"), body)
    assert answer.status_code == 422, answer.text


def test_a_day_in_the_future_is_refused(world: World) -> None:
    answer = world.client.put("/v1/channels/odd/days/2999-01-01/traffic", {"source": MATOMO, "visits": 1})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/in-the-future")
