"""One command on every resource that a list's filters match."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api import selecting
from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import head, registered, seen
from tests.api.sales.given_leads import captured, opened
from tests.api.sales.given_orders import placed

TAG = {"path": "tags", "body": {"tags": ["chosen"]}}


def selected(client: Client, resource: str, filter: dict[str, Any], then: dict[str, Any], **headers: str) -> list[Any]:
    """The answer for each resource, in the order of the list."""
    selection = {"filter": filter, "then": then}
    answer = client.post(f"/v1/{resource}/select", selection, params={"after": head(client)}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [msgspec.json.decode(line) for line in answer.content.splitlines()]


def tagged(client: Client, resource: str) -> set[str]:
    return {item["id"] for item in seen(client, f"/v1/{resource}", tag="chosen")["items"]}


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


@on_both_engines
def test_the_command_runs_on_what_the_filters_match_and_on_nothing_else(client: Client) -> None:
    ours = {id_of(registered(client, name=str(number), owner="u-1")) for number in range(3)}
    registered(client, name="other", owner="u-2")
    lines = selected(client, "customers", {"owner": "u-1", "archived": False}, TAG)
    assert [(line["line"], line["status"], line["body"]["version"]) for line in lines] == [(n, 200, 2) for n in (1, 2, 3)]
    assert {line["id"] for line in lines} == {line["body"]["id"] for line in lines} == ours == tagged(client, "customers")


def test_every_main_resource_can_be_selected(client: Client) -> None:
    customer = registered(client)
    ticket = client.post("/v1/tickets", {"opened_by": "customer", "title": "Broken"}).headers["Location"]
    paths = {
        "customers": customer,
        "orders": placed(client),
        "leads": captured(client),
        "deals": opened(client, customer),
        "tickets": ticket,
    }
    for resource, path in paths.items():
        selected(client, resource, {}, TAG)
        selected(client, resource, {"tag": "chosen"}, {"method": "PUT", "path": "assignment", "body": {"owner": "u-9"}})
        selected(client, resource, {}, {"method": "PATCH", "path": "attributes", "body": {"attributes": {"size": 3}}})
        assert tagged(client, resource) == {id_of(path)}
        shown = seen(client, path)
        assert shown.get("agent", shown.get("owner")) == "u-9"
    (confirmed,) = selected(client, "orders", {"order_status": "open"}, {"path": "confirmation"})
    (renamed,) = selected(client, "customers", {}, {"method": "PATCH", "path": "", "body": {"name": "Grace"}})
    assert (confirmed["status"], renamed["status"], seen(client, customer)["name"]) == (200, 200, "Grace")


def test_a_refusal_for_one_does_not_stop_the_others(client: Client) -> None:
    first, second = placed(client, occurred_at="2026-01-01"), placed(client, occurred_at="2026-01-02")
    client.post(f"{second}/cancellation")
    refused, done = selected(client, "orders", {}, {"path": "confirmation"})
    assert (refused["id"], refused["status"], done["id"], done["status"]) == (id_of(second), 409, id_of(first), 200)


def test_a_dry_run_returns_what_it_finds_and_changes_nothing(client: Client) -> None:
    customer = registered(client, owner="u-1")
    before = head(client)
    selection = {"filter": {"owner": "u-1"}, "then": TAG, "dry_run": True}
    answer = client.post("/v1/customers/select", selection, params={"after": before})
    assert answer.json() == {"ids": [id_of(customer)], "count": 1, "position": before}
    assert (answer.headers["Position"], head(client)) == (str(before), before)


def test_a_repeated_request_changes_nothing_twice_even_if_it_finds_others(client: Client) -> None:
    for name in ("Ada", "Grace"):
        registered(client, name=name, owner="u-1")
    moved = {"method": "PATCH", "path": "attributes", "body": {"attributes": {"round": 1}}}
    first = selected(client, "customers", {"owner": "u-1"}, moved, **{"Idempotency-Key": "k-1"})
    registered(client, name="Bob", owner="u-1")
    again = selected(client, "customers", {"owner": "u-1"}, moved, **{"Idempotency-Key": "k-1"})
    bodies = {line["id"]: line["body"] for line in again}
    assert len(bodies) == 3
    assert [bodies[line["id"]] for line in first] == [line["body"] for line in first]


def test_an_unknown_filter_is_refused_and_matches_nobody(client: Client) -> None:
    registered(client)
    before = head(client)
    for wrong in ({"ownr": "u-1"}, {"limit": 1}, {"sort": "name"}, {"archived": "maybe"}, {"owner": "\x00"}):
        answer = client.post("/v1/customers/select", {"filter": wrong, "then": TAG})
        assert answer.status_code == 422, wrong
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert head(client) == before


@pytest.mark.parametrize("path", ["erasure", "../tags", "tags?x=1", "/tags"])
def test_erasure_and_malformed_paths_are_refused(client: Client, path: str) -> None:
    registered(client)
    assert client.post("/v1/customers/select", {"filter": {}, "then": {"path": path}}).status_code == 422


def test_too_many_matches_are_refused_before_any_is_changed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        registered(client)
    before = head(client)
    monkeypatch.setattr(selecting, "LIMIT", 2)
    answer = client.post("/v1/customers/select", {"filter": {}, "then": TAG}, params={"after": before})
    assert (answer.status_code, answer.json()["type"], head(client)) == (422, "/problems/too-many-selected", before)


def test_each_command_needs_the_callers_own_permission(client: Client, key_for: KeyFor) -> None:
    registered(client)
    selection = {"filter": {}, "then": TAG}
    assert client.post("/v1/customers/select", selection, headers=key_for("analyst")).status_code == 403
    assert client.post("/v1/deals/select", selection, headers=key_for("agent")).status_code == 403
    assert client.post("/v1/customers/select", selection, headers=key_for("agent")).status_code == 200


def test_a_batch_may_not_contain_a_selection(client: Client) -> None:
    line = {"method": "POST", "path": "/v1/customers/select", "body": {"filter": {}, "then": TAG}}
    answer = client.request(
        "POST", "/v1/batch", content=msgspec.json.encode(line), headers={"content-type": "application/x-ndjson"}
    )
    assert msgspec.json.decode(answer.content)["status"] == 400
