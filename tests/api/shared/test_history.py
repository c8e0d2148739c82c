"""The history of a resource in pages: the same events and changes as on one page, and a bound on the work of each page."""

from __future__ import annotations

from typing import Any

import pytest

from api.shared import as_of, folding, history
from infra.event_store.store import EventStore
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import registered, seen

pytestmark = pytest.mark.one_deployment

COUNT = 12


@pytest.fixture
def customer(client: Client) -> str:
    """A customer with 12 versions, each with another name."""
    customer = registered(client, name="Ada 1")
    for number in range(2, COUNT + 1):
        assert client.patch(customer, {"name": f"Ada {number}"}).status_code == 200
    return customer


def paged(client: Client, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    following: str | None = path
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        items, following = items + answer.json()["items"], answer.json()["next"]
    return items


@on_both_engines
@pytest.mark.parametrize("limit", [1, 5, 6, 12])
def test_pages_have_the_events_and_changes_of_the_whole_history(client: Client, customer: str, limit: int) -> None:
    whole = client.get(f"{customer}/history").json()
    assert whole["next"] is None
    assert [event["version"] for event in whole["items"]] == list(range(1, COUNT + 1))
    assert whole["items"][-1]["changes"]["name"] == {"before": f"Ada {COUNT - 1}", "after": f"Ada {COUNT}"}
    assert paged(client, f"{customer}/history?limit={limit}") == whole["items"]


def test_each_event_has_a_sentence_in_both_languages_on_request(client: Client, customer: str) -> None:
    first, *_ = paged(client, f"{customer}/history?sentences=true&limit=5")
    assert first["sentence"]["en"].startswith("Customer registered")
    assert first["sentence"]["zh"].startswith("客户")
    assert "sentence" not in client.get(f"{customer}/history").json()["items"][0]


def test_a_cursor_of_another_history_or_list_is_refused(client: Client, customer: str) -> None:
    other = registered(client, name="Eve")
    client.patch(other, {"name": "Eve X."})
    seen(client, other)
    mine = client.get(f"{customer}/history?limit=1").json()["next"].split("cursor=")[1]
    theirs = client.get(f"{other}/history?limit=1").json()["next"].split("cursor=")[1]
    of_list = client.get("/v1/customers?limit=1").json()["next"].split("cursor=")[1]
    assert client.get(f"{customer}/history?cursor={mine}").status_code == 200
    for wrong in (theirs, of_list, "5", "x", "WzEsMl0="):
        answer = client.get(f"{customer}/history?cursor={wrong}")
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-cursor")
    assert client.get(f"{customer}/history?limit=501").status_code == 422


def test_a_page_reads_no_event_after_it_and_folds_no_more_than_the_bound(
    client: Client, customer: str, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = parts.deployment.store
    read = 0

    def part(stream: Any, first: int, last: int) -> Any:
        nonlocal read
        found = EventStore.part(store, stream, first, last)
        read += len(found)
        return found

    monkeypatch.setattr(store, "part", part)
    page = client.get(f"{customer}/history?limit=3").json()
    # The first event, the page, and the one that follows.
    assert read == 1 + 3 + 1
    monkeypatch.setattr(history, "FOLDED", 6)
    read = 0
    known = paged(client, f"{customer}/history?limit=3")
    assert [event["changes"] is None for event in known] == [False] * 6 + [True] * 6
    assert known[:3] == page["items"]
    assert read <= 4 * (1 + 3 + 1) + 3


def test_a_past_state_is_folded_from_a_limited_number_of_events(
    client: Client, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "AT_ONCE", 5)
    monkeypatch.setattr(as_of, "FOLDED", 11)
    assert client.get(f"{customer}?version=11").json()["name"] == "Ada 11"
    refused = client.get(f"{customer}?version=12")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/too-many-events")
    assert client.get(f"{customer}?as_of=2026-01-01T00:00:00Z").status_code == 404
    assert client.get(f"{customer}?version=13").status_code == 404
