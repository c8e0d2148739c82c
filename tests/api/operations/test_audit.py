"""The audit index: it finds the same events as the log itself."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import head, registered
from tests.api.sales.given_orders import confirmed, done, placed


def acts(client: Client, **question: Any) -> list[dict[str, Any]]:
    """The rows of the index, in the order of the log."""
    answer = client.get("/v1/audit", params={"limit": 500, "sort": "position", "after": head(client)} | question)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return list(answer.json()["items"])


def positions(client: Client, **question: Any) -> list[int]:
    return [act["position"] for act in acts(client, **question)]


def in_the_log(client: Client, **question: Any) -> list[dict[str, Any]]:
    return list(client.get("/v1/events", params={"limit": 500} | question).json()["items"])


def story(client: Client) -> dict[str, Any]:
    """Two customers and their orders. Returns values for filters, by the filter's name."""
    correlation = str(uuid4())
    customer = registered(client, occurred_at="2026-01-01").rsplit("/", 1)[-1]
    order = confirmed(client, customer_id=customer)
    done(client, f"{order}/payments", {"amount": "99.00", "correlation_id": correlation})
    registered(client, occurred_at="2026-02-01T00:00Z")
    placed(client)
    return {"subject": customer, "stream": order.rsplit("/", 1)[-1], "correlation": correlation}


@on_both_engines
def test_the_index_finds_what_the_log_finds(client: Client, key_for: KeyFor) -> None:
    filters = story(client)
    client.post("/v1/customers", {"name": "Grace"}, headers=key_for("sales"))
    last = in_the_log(client)[-1]["metadata"]
    questions: list[dict[str, Any]] = [
        {},
        *({name: value} for name, value in filters.items()),
        {"subject": uuid4()},
        {"type": "crm.order.*"},
        {"type": ["crm.customer.*", "crm.order.placed.v1"]},
        {"actor": last["actor"]["id"]},
        {"irregular": "payment-over-due"},
        {"irregular": "over-due"},
        {"recorded_from": last["recorded_at"]},
        {"recorded_to": last["recorded_at"]},
        {"occurred_from": "2026-01-15T00:00:00Z", "occurred_to": "2026-03-01T00:00:00Z"},
        {"type": "crm.order.*", "subject": filters["subject"], "recorded_to": last["recorded_at"]},
    ]
    for question in questions:
        logged = in_the_log(client, **question)
        assert positions(client, **question) == [event["position"] for event in logged], question
    assert [act["type"] for act in acts(client, irregular="payment-over-due")] == ["crm.order.payment_captured.v1"]


def test_an_act_is_the_metadata_of_its_event(client: Client) -> None:
    story(client)
    for act, event in zip(acts(client), in_the_log(client), strict=True):
        metadata = event["metadata"]
        assert {name: act[name] for name in ("position", "type", "stream", "version")}.items() <= event.items()
        assert act["actor"] == metadata["actor"]
        for name in ("subject", "recorded_at", "occurred_at"):
            assert act[name] == metadata[name]
        assert act["occurred_precision"] == metadata.get("occurred_precision", "second")
        assert act["origin"] == metadata.get("origin", "live")
        assert act["correlation_id"] == metadata.get("correlation_id")
        assert act["irregular"] == metadata.get("irregular", [])


def test_acts_are_found_by_source_system_origin_and_on_behalf_of(client: Client) -> None:
    registered(client)
    shop = client.post("/v1/customers", {"name": "Grace", "source": {"system": "shop"}, "on_behalf_of": "agent-7"}).json()
    assert [act["stream"] for act in acts(client, source="shop")] == [shop["id"]]
    assert [act["stream"] for act in acts(client, on_behalf_of="agent-7")] == [shop["id"]]
    assert positions(client, origin="live") == positions(client)
    assert positions(client, origin="policy") == positions(client, source="desk") == []


@on_both_engines
@pytest.mark.parametrize("sort", ["position", "-position"])
def test_pages_and_an_export_contain_the_same(client: Client, sort: str) -> None:
    story(client)
    question = {"type": "crm.order.*", "sort": sort, "after": head(client)}
    lines = client.get("/v1/audit", params=question, headers={"Accept": "application/x-ndjson"})
    following = client.get("/v1/audit", params=question | {"limit": 1}).json()
    paged = following["items"]
    while following["next"]:
        following = client.get(following["next"]).json()
        paged += following["items"]
    whole = acts(client, **question)
    assert len(whole) == 4
    assert [json.loads(line) for line in lines.text.splitlines()] == paged == whole
    table = client.get("/v1/audit", params=question, headers={"Accept": "text/csv"}).text.splitlines()
    assert len(table) == 1 + len(whole)
    assert {"position", "actor.id", "recorded_at"} <= set(table[0].split(","))


def test_the_latest_act_comes_first(client: Client) -> None:
    story(client)
    found = client.get("/v1/audit", params={"after": head(client)}).json()["items"]
    assert [act["position"] for act in found] == list(reversed(positions(client)))


def test_after_an_erasure_the_acts_remain_without_personal_data(client: Client) -> None:
    customer = registered(client, name="Zwetschge")
    subject = customer.rsplit("/", 1)[-1]
    before = acts(client, subject=subject)
    client.post(f"{customer}/erasure", {"reason": "requested", "requested_by": "customer"})
    after = acts(client, subject=subject)
    assert after[: len(before)] == before
    assert after[-1]["type"] == "crm.customer.erased.v1"
    assert "Zwetschge" not in json.dumps(after)
    assert "ada@example.com" not in json.dumps(after).lower()
