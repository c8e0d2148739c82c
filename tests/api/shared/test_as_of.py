"""A customer or an order as of any version, moment or position, and the changes of each event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered, seen
from tests.api.sales.given_orders import TEA, done, placed

pytestmark = pytest.mark.one_deployment

NAMES = ("Ada", "Ada L.", "Ada Lovelace")
PUT_TOGETHER = ("money", "merged_ids", "tickets", "last_interaction", "last_feedback", "segments")


@pytest.fixture
def customer(client: Client) -> str:
    """A customer with three versions, each with another name."""
    customer = registered(client)
    for name in NAMES[1:]:
        assert client.patch(customer, {"name": name}).status_code == 200
    return customer


def history(client: Client, path: str) -> list[dict[str, Any]]:
    return list(client.get(f"{path}/history").json()["items"])


def at(client: Client, path: str, **question: Any) -> dict[str, Any]:
    answer = client.get(path, params=question)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@on_both_engines
def test_a_customer_is_shown_as_of_every_version_position_and_moment(client: Client, customer: str) -> None:
    for number, (event, name) in enumerate(zip(history(client, customer), NAMES, strict=True), start=1):
        recorded = event["metadata"]["recorded_at"]
        for question in ({"version": number}, {"as_of": event["position"]}, {"as_of": recorded}):
            then = at(client, customer, **question)
            assert (then["name"], then["version"], then["position"]) == (name, number, event["position"]), question
            assert then["money"] is None


def test_a_customer_as_of_the_head_of_the_log_is_the_current_customer(client: Client, customer: str) -> None:
    now = seen(client, customer)
    assert at(client, customer, as_of=head(client)) == now | dict.fromkeys(PUT_TOGETHER)
    assert at(client, customer, version=3) == now | dict.fromkeys(PUT_TOGETHER)


def test_an_order_is_shown_as_of_every_version(client: Client) -> None:
    order = placed(client)
    client.patch(order, {"lines": [TEA]})
    done(client, f"{order}/confirmation")
    assert [at(client, order, version=version)["total"] for version in (1, 2, 3)] == ["30.00", "25.00", "25.00"]
    assert [at(client, order, version=version)["order_status"] for version in (1, 2, 3)] == ["open", "open", "confirmed"]
    assert at(client, order, version=3) == seen(client, order)


def test_a_moment_is_the_same_in_every_zone(client: Client, customer: str) -> None:
    recorded = history(client, customer)[0]["metadata"]["recorded_at"]
    local = recorded.replace("Z", "+00:00")
    assert at(client, customer, as_of=local)["name"] == "Ada"


def test_before_the_first_event_there_is_nothing(client: Client, customer: str) -> None:
    for question in ({"as_of": "1999-01-01T00:00:00Z"}, {"as_of": 0}):
        answer = client.get(customer, params=question)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-there")


def test_a_version_that_does_not_exist_yet_is_not_found(client: Client, customer: str) -> None:
    assert client.get(customer, params={"version": 4}).status_code == 404


@pytest.mark.parametrize("beyond", [1, 1000, 10**17, 10**38])
def test_a_position_that_the_log_has_not_reached_is_refused(client: Client, customer: str, beyond: int) -> None:
    answer = client.get(customer, params={"as_of": head(client) + beyond})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/beyond-the-log")
    assert answer.headers["Position"] == str(head(client))
    assert str(head(client)) in answer.json()["detail"]
    for question in ({"as_of": 1}, {"version": 1}):
        assert client.get(customer, params=question | {"after": head(client) + min(beyond, 2**62)}).status_code == 422


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=366), timedelta(days=2_900_000)])
def test_the_future_cannot_be_shown(client: Client, customer: str, ahead: timedelta) -> None:
    answer = client.get(customer, params={"as_of": (datetime.now(UTC) + ahead).isoformat()})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/beyond-the-log")


def test_a_clock_may_be_a_little_ahead(client: Client, customer: str) -> None:
    assert at(client, customer, as_of=(datetime.now(UTC) + timedelta(minutes=1)).isoformat())["name"] == "Ada Lovelace"


def test_history_has_every_event_with_its_changes(client: Client, customer: str) -> None:
    first, *changes = history(client, customer)
    assert (first["type"], first["version"]) == ("crm.customer.registered.v2", 1)
    assert first["changes"]["name"] == {"before": None, "after": "Ada"}
    assert first["data"]["name"] == "Ada"
    assert first["metadata"]["actor"]["type"] == "api_key"
    for event, before, after in zip(changes, NAMES, NAMES[1:], strict=False):
        assert event["changes"] == {"name": {"before": before, "after": after}}


def test_history_of_an_order_has_the_changes_of_each_event(client: Client) -> None:
    order = placed(client)
    done(client, f"{order}/payments", {"amount": "10.00"})
    captured = history(client, order)[1]["changes"]
    assert captured["captured"] == {"before": "0.00", "after": "10.00"}
    assert "total" not in captured


def test_a_change_reported_late_is_ordered_by_when_it_was_recorded(client: Client, customer: str) -> None:
    client.patch(customer, {"name": "Ada K.", "occurred_at": "2026-01-01"})
    last = history(client, customer)[-1]
    assert last["metadata"]["occurred_at"] == "2026-01-01T00:00:00Z"
    assert last["metadata"]["occurred_precision"] == "day"
    assert at(client, customer, version=4)["name"] == "Ada K."


def test_the_past_of_an_erased_customer_contains_no_personal_data(client: Client, customer: str) -> None:
    order = placed(
        client, customer_id=customer.rsplit("/", 1)[-1], contact={"name": "Ada"}, shipping_address={"city": "Berlin"}
    )
    client.post(f"{customer}/erasure", ERASURE)
    texts = [client.get(f"{path}/history").text for path in (customer, order)]
    texts += [client.get(customer, params={"version": version}).text for version in (1, 2, 3, 4)]
    texts += [client.get(order, params=question).text for question in ({"version": 1}, {"as_of": head(client)})]
    for text in texts:
        for word in ("Ada", "ada@example.com", "Lovelace", "Berlin"):
            assert word not in text
    assert [event["type"].split(".")[2] for event in history(client, customer)] == [
        "registered",
        "details_changed",
        "details_changed",
        "erased",
    ]
    assert at(client, customer, version=1)["kind"] == "person"


@on_both_engines
def test_the_timeline_has_all_events_newest_first_in_both_languages(client: Client, customer: str) -> None:
    done(client, f"{placed(client, number='A-1', customer_id=customer.rsplit('/', 1)[-1])}/confirmation")
    items = seen(client, f"{customer}/timeline")["items"]
    assert [item["type"].split(".")[1:3] for item in items] == [
        ["order", "confirmed"],
        ["order", "placed"],
        ["customer", "details_changed"],
        ["customer", "details_changed"],
        ["customer", "registered"],
    ]
    assert "A-1" in items[0]["en"]
    assert "A-1" in items[0]["zh"]
    first = seen(client, f"{customer}/timeline", limit=2)
    assert client.get(first["next"]).json()["items"] == items[2:4]
