"""The log over HTTP: all its filters, in pages or as a whole."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.operations import event_counts
from api.operations import events as routes
from api.shared.access import ROLES
from commands.customers import customers
from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.shared.events import Actor, Context
from infra.event_store import search
from infra.event_store.store import EventStore
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import Headers, KeyFor, on_both_engines
from tests.api.customers.given_customers import head, registered
from tests.api.sales.given_orders import confirmed, done, placed
from tests.waiting import PATIENCE


def found(client: Client, **question: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/events", params={"limit": 500} | question)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return list(answer.json()["items"])


def types(client: Client, **question: Any) -> list[str]:
    return [event["type"] for event in found(client, **question)]


def test_events_are_in_the_order_of_their_positions(client: Client) -> None:
    registered(client)
    confirmed(client)
    positions = [event["position"] for event in found(client)]
    assert positions == sorted(set(positions))
    assert positions[-1] == head(client)


def test_events_are_found_by_type_and_by_the_beginning_of_one(client: Client) -> None:
    registered(client)
    confirmed(client)
    assert types(client, type="crm.order.placed.v1") == ["crm.order.placed.v1"]
    assert types(client, type="crm.order.*") == ["crm.order.placed.v1", "crm.order.confirmed.v1"]
    assert types(client, type=["crm.customer.*", "crm.order.placed.v1"]) == [
        "crm.customer.registered.v2",
        "crm.order.placed.v1",
    ]
    for unknown in ("crm.ord.*", "crm.order", "crm.order*", "crm.order.placed"):
        assert client.get("/v1/events", params={"type": unknown}).status_code == 422


def test_events_are_found_by_subject(client: Client) -> None:
    customer = registered(client).rsplit("/", 1)[-1]
    order = placed(client, customer_id=customer).rsplit("/", 1)[-1]
    assert types(client, subject=customer) == ["crm.customer.registered.v2", "crm.order.placed.v1"]
    assert types(client, stream=customer) == ["crm.customer.registered.v2"]
    assert types(client, stream=order) == ["crm.order.placed.v1"]
    assert found(client, subject=uuid4()) == []


def test_events_are_found_by_actor(client: Client, key_for: KeyFor) -> None:
    registered(client)
    client.post("/v1/customers", {"name": "Grace"}, headers=key_for("sales"))
    actors = [event["metadata"]["actor"]["id"] for event in found(client, type="crm.customer.*")]
    assert len(set(actors)) == 2
    assert [event["data"]["name"] for event in found(client, type="crm.customer.*", actor=actors[1])] == ["Grace"]


@on_both_engines
def test_events_are_found_by_occurrence_and_recording_time(client: Client) -> None:
    registered(client, occurred_at="2026-01-01")
    registered(client, occurred_at="2026-02-01T00:00Z")
    first, second = found(client, type="crm.customer.*")
    assert found(client, occurred_from="2026-01-01T08:00:00+08:00", occurred_to="2026-02-01T00:00:00Z") == [first]
    assert found(client, occurred_from="2026-01-02T00:00:00Z", occurred_to="2026-03-01T00:00:00Z") == [second]
    recorded = second["metadata"]["recorded_at"]
    assert found(client, recorded_from=recorded) == [second]
    assert second not in found(client, recorded_to=recorded)


def test_events_are_found_between_positions(client: Client) -> None:
    for number in range(5):
        registered(client, name=str(number))
    last = head(client)
    assert [event["position"] for event in found(client, cursor=last - 4, upto=last - 1)] == [last - 3, last - 2, last - 1]
    assert found(client, cursor=last) == []
    for path in (
        f"/v1/events?cursor={last + 1}",
        f"/v1/events?upto={last + 1}",
        f"/v1/events?cursor={2**62}&upto=1",
        f"/v1/audit?cursor={last + 1}&sort=position",
        f"/v1/audit?cursor={2**62}",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/beyond-the-log")
        assert answer.headers["Position"] == str(last)


def test_events_are_found_by_broken_rule_and_by_correlation(client: Client) -> None:
    correlation = str(uuid4())
    order = confirmed(client)
    done(client, f"{order}/payments", {"amount": "99.00", "correlation_id": correlation})
    captured = "crm.order.payment_captured.v1"
    assert types(client, irregular="payment-over-due") == [captured]
    assert types(client, correlation=correlation) == [captured]
    assert types(client, irregular="unheard-of") == []


@on_both_engines
@pytest.mark.parametrize("question", [{}, {"type": "crm.order.*", "cursor": 3, "upto": 12}])
def test_the_log_as_ndjson_is_the_same_as_in_pages(
    client: Client, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PORTION", 3)
    for number in range(5):
        registered(client, name=str(number))
        confirmed(client)
    lines = client.get("/v1/events", params=question, headers={"Accept": "application/x-ndjson"})
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    paged: list[dict[str, Any]] = []
    following = f"/v1/events?{'&'.join(f'{name}={value}' for name, value in (question | {'limit': 2}).items())}"
    while following:
        page = client.get(following).json()
        paged += page["items"]
        following = page["next"]
    assert [json.loads(line) for line in lines.text.splitlines()] == paged == found(client, **question)


@on_both_engines
def test_the_log_is_read_backwards_in_pages(client: Client) -> None:
    customer = registered(client).rsplit("/", 1)[-1]
    for number in range(5):
        registered(client, name=str(number))
        placed(client, customer_id=customer)
    for question in (
        {},
        {"subject": customer},
        {"type": "crm.customer.*"},
        {"upto": 8},
        {"recorded_from": "2026-01-01T00:00:00Z"},
    ):
        forwards = found(client, **question)
        assert found(client, **question, sort="-position") == forwards[::-1]
        paged: list[dict[str, Any]] = []
        page = client.get("/v1/events", params=question | {"limit": 2, "sort": "-position"})
        while True:
            paged += page.json()["items"]
            if page.json()["next"] is None:
                break
            page = client.get(page.json()["next"])
        assert paged == forwards[::-1], question
        lines = client.get("/v1/events", params=question | {"sort": "-position"}, headers={"Accept": "application/x-ndjson"})
        assert [json.loads(line) for line in lines.text.splitlines()] == paged


def test_an_empty_page_may_have_a_next_page_and_says_how_far_it_has_searched(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PORTION", 2)
    monkeypatch.setattr(routes, "PORTIONS", 1)
    for number in range(5):
        registered(client, name=str(number), occurred_at="2026-01-01")
    last = registered(client).rsplit("/", 1)[-1]
    question = {"type": "crm.customer.*", "occurred_from": "2026-02-01T00:00:00Z", "limit": 1}
    page = client.get("/v1/events", params=question)
    assert page.json()["items"] == []
    assert page.json()["next"].endswith(f"cursor={page.headers['Searched']}")
    while page.json()["next"]:
        page = client.get(page.json()["next"])
    assert [event["stream"] for event in page.json()["items"]] == [last]
    page = client.get("/v1/events", params={"occurred_to": "2020-01-01T00:00:00Z", "limit": 1, "sort": "-position"})
    assert (page.json()["items"], page.headers["Searched"]) == ([], str(head(client) - 2))


def test_events_are_found_by_their_cause(client: Client, executor: Executor) -> None:
    cause, id = uuid4(), uuid4()
    context = Context(now=datetime.now(UTC), actor=Actor(type="policy", id="p"), causation_id=cause)
    outcome = executor.submit(Command(customers.register, {"customer_id": id, "name": "Ada"}, context)).result(timeout=PATIENCE)
    assert outcome.refusal is None
    registered(client)
    assert [event["stream"] for event in found(client, causation=cause)] == [str(id)]
    acts = client.get("/v1/audit", params={"causation": str(cause), "after": outcome.position}).json()["items"]
    assert [act["stream"] for act in acts] == [str(id)]
    assert found(client, causation=uuid4()) == []


@on_both_engines
def test_no_page_is_empty_while_more_events_match_several_filters(client: Client) -> None:
    customer = registered(client).rsplit("/", 1)[-1]
    for number in range(6):
        order = placed(client, customer_id=customer if number % 2 else None)
        done(client, f"{order}/confirmation")
    actor = found(client, type="crm.order.*")[0]["metadata"]["actor"]["id"]
    for question in (
        {"subject": customer},
        {"subject": customer, "type": "crm.order.confirmed.v1"},
        {"subject": customer, "actor": actor},
        {"actor": actor, "type": ["crm.order.placed.v1", "crm.customer.*"]},
        {"stream": customer, "type": "crm.customer.*"},
    ):
        for order_of_pages in ("position", "-position"):
            asked = question | {"limit": 2, "sort": order_of_pages}
            expected = found(client, **question, sort=order_of_pages)
            assert expected, question
            page = client.get("/v1/events", params=asked).json()
            items = list(page["items"])
            while page["next"]:
                page = client.get(page["next"]).json()
                assert page["items"], question
                items += page["items"]
            assert items == expected, question


@on_both_engines
def test_each_event_has_a_sentence_if_asked(client: Client) -> None:
    order = confirmed(client)
    answer = client.get(f"/v1/orders/{order.rsplit('/', 1)[-1]}", params={"after": head(client)}).json()
    placing, confirming = found(client, stream=answer["id"], sentences="true")
    number = answer["number"]
    assert placing["sentence"] == {
        "en": f"Order {number} placed: total 30.00 EUR, channel web",
        "zh": f"订单 {number} 已下单：合计 30.00 EUR，渠道 web",
    }
    assert confirming["sentence"] == {"en": f"Order {number} confirmed", "zh": f"订单 {number} 已确认"}
    assert all("sentence" not in event for event in found(client, stream=answer["id"]))
    lines = client.get(
        "/v1/events", params={"stream": answer["id"], "sentences": "true"}, headers={"Accept": "application/x-ndjson"}
    )
    assert [json.loads(line) for line in lines.text.splitlines()] == [placing, confirming]


def test_a_sentence_has_no_personal_data(client: Client) -> None:
    registered(client, name="Zwetschge")
    (event,) = found(client, type="crm.customer.*", sentences="true")
    assert event["data"]["name"] == "Zwetschge"
    assert event["sentence"]["en"] == "Customer registered: kind person"


def test_personal_values_are_shown_only_with_the_permission(
    client: Client, key_for: KeyFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROLES, "operator", ROLES["operator"] | {"events:read"})
    registered(client, name="Zwetschge")
    operator, auditor = key_for("operator"), key_for("auditor")
    position = found(client, type="crm.customer.*")[0]["position"]
    paths = ("/v1/events", f"/v1/events/{position}")
    for path, accepted in (*((path, "application/json") for path in paths), (paths[0], "application/x-ndjson")):
        assert "Zwetschge" in client.get(path, headers=auditor | {"Accept": accepted}).text
        answer = client.get(path, headers=operator | {"Accept": accepted})
        assert answer.status_code == 200
        assert "Zwetschge" not in answer.text
        assert "ada@example.com" not in answer.text.lower()


def test_after_an_erasure_the_log_contains_no_personal_data(client: Client) -> None:
    customer = registered(client, name="Zwetschge")
    client.post(f"{customer}/erasure", {"reason": "requested", "requested_by": "customer"})
    text = client.get("/v1/events", headers={"Accept": "application/x-ndjson"}).text
    assert "crm.customer.erased.v1" in text
    assert "Zwetschge" not in text


def test_an_export_reads_no_further_once_the_client_has_gone(
    client: Client, app: FastAPI, admin: Headers, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PORTION", 1)
    for number in range(20):
        registered(client, name=str(number))
    store = parts.deployment.store
    reads = 0

    def log(*args: Any, **named: Any) -> Any:
        nonlocal reads
        # The projector reads the log too, but only forwards.
        reads += "backwards" in named
        return EventStore.log(store, *args, **named)

    monkeypatch.setattr(store, "log", log)
    asyncio.run(_leaving_when(lambda: reads > 0, app, {**admin, "Accept": "application/x-ndjson"}))
    assert 0 < reads < head(client)


async def _leaving_when(gone: Callable[[], bool], app: FastAPI, headers: Headers) -> None:
    """Asks for events that do not exist, and goes away during the search."""
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        if message := next(asked, None):
            return message
        while not gone():
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "query_string": b"occurred_to=2020-01-01T00:00:00Z",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "server": ("recount", 80),
        "client": ("127.0.0.1", 1),
        "state": {},
    }
    await app(scope, receive, send)


@on_both_engines
def test_the_events_of_a_selection_are_counted_by_type_actor_and_day(client: Client, key_for: KeyFor) -> None:
    customer = registered(client).rsplit("/", 1)[-1]
    for _ in range(2):
        placed(client, customer_id=customer)
    client.post(f"/v1/customers/{customer}/tags", {"tags": ["vip"]}, headers=key_for("sales"))
    events = found(client, subject=customer)
    counts = client.get("/v1/events/counts", params={"subject": customer, "zone": "UTC"}).json()
    assert (counts["counted"], counts["complete"]) == (4, True)
    assert (counts["first"], counts["last"]) == (events[0]["position"], events[-1]["position"])
    assert {one["type"]: one["count"] for one in counts["types"]} == {
        "crm.customer.registered.v2": 1,
        "crm.order.placed.v1": 2,
        "crm.customer.tagged.v1": 1,
    }
    assert [one["count"] for one in counts["actors"]] == [3, 1]
    assert {one["actor"]["id"] for one in counts["actors"]} == {event["metadata"]["actor"]["id"] for event in events}
    assert {one["day"]: one["count"] for one in counts["days"]} == Counter(
        event["metadata"]["recorded_at"][:10] for event in events
    )
    upto = client.get("/v1/events/counts", params={"subject": customer, "upto": events[1]["position"]}).json()
    assert upto["counted"] == 2


def test_counts_of_a_large_selection_are_those_of_its_latest_events(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_counts, "COUNTED", 3)
    for number in range(4):
        registered(client, name=str(number))
    last = head(client)
    counts = client.get("/v1/events/counts", params={"type": "crm.customer.*"}).json()
    assert (counts["counted"], counts["complete"], counts["first"], counts["last"]) == (3, False, last - 2, last)
    nothing = client.get("/v1/events/counts", params={"subject": str(uuid4())}).json()
    assert nothing == {
        "counted": 0, "complete": True, "first": None, "last": None, "types": [], "actors": [], "days": []
    }  # fmt: skip
    beyond = client.get("/v1/events/counts", params={"upto": last + 1})
    assert (beyond.status_code, beyond.json()["type"]) == (422, "/problems/beyond-the-log")
