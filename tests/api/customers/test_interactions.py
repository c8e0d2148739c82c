"""Interactions over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import ERASURE, registered, seen
from tests.api.sales.given_orders import done, placed

PATH = "/v1/interactions"


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def logged(client: Client, customer: str, **more: Any) -> str:
    """The path of a new call with this customer."""
    answer = log(client, customer, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def log(client: Client, customer: str, **more: Any) -> httpx.Response:
    asked = {"customer_id": id_of(customer), "channel": "phone", "direction": "inbound", "title": "Where is my parcel"}
    return client.post(PATH, asked | more)


@on_both_engines
def test_an_interaction_is_logged_corrected_and_read(client: Client) -> None:
    customer, order = registered(client), placed(client)
    about = [{"kind": "order", "id": id_of(order)}]
    call = logged(client, customer, agent="agent-1", duration_seconds=60, about=about, participants=["Bob"])
    assert client.patch(call, {"duration_seconds": 90, "agent": None, "outcome": "Sent again"}).status_code == 200
    done(client, f"{call}/tags", {"tags": ["vip"]})
    found = seen(client, call)
    assert (found["duration_seconds"], found["agent"], found["about"], found["tags"]) == (90, None, about, ["vip"])
    assert found["private"] == {"title": "Where is my parcel", "outcome": "Sent again", "participants": ["Bob"]}
    before = client.get(call, params={"version": 1}).json()
    assert (before["duration_seconds"], before["agent"]) == (60, "agent-1")
    changes = client.get(f"{call}/history").json()["items"][1]["changes"]
    assert changes["duration_seconds"] == {"before": 60, "after": 90}


@on_both_engines
def test_interactions_are_listed_by_filters(client: Client) -> None:
    ada, order = registered(client), placed(client)
    logged(client, ada, agent="agent-1", occurred_at="2026-01-01", thread_id="t-1")
    logged(
        client,
        ada,
        channel="email",
        direction="outbound",
        occurred_at="2026-01-02T23:00Z",
        about=[{"kind": "order", "id": id_of(order)}],
    )
    note = logged(client, ada, channel="note", direction="internal", occurred_at="2026-01-04")
    done(client, f"{note}/tags", {"tags": ["vip"]})
    done(client, f"{note}/retraction", {"reason": "duplicate"})

    def channels(**question: Any) -> list[str]:
        return [one["channel"] for one in seen(client, PATH, **question)["items"]]

    assert channels() == ["note", "email", "phone"]
    assert channels(retracted=False) == ["email", "phone"]
    assert channels(tag="vip", retracted=True) == ["note"]
    assert channels(agent="agent-1", thread_id="t-1") == channels(channel="phone", direction="inbound") == ["phone"]
    assert channels(about=id_of(order)) == ["email"]
    assert channels(occurred_from="2026-01-03", occurred_to="2026-01-04", zone="Asia/Shanghai") == ["email"]
    csv = client.get(PATH, params={"sort": "occurred_at"}, headers={"Accept": "text/csv"})
    assert csv.status_code == 200
    assert len(csv.text.splitlines()) == 4


@on_both_engines
def test_a_thread_is_found_until_its_message_is_redacted_or_its_person_erased(client: Client, key_for: KeyFor) -> None:
    ada, bob = registered(client), registered(client, name="Bob")
    first, second, third = (logged(client, one, thread_id="t-1") for one in (ada, ada, bob))
    other = logged(client, bob, thread_id="t-2")
    assert client.patch(other, {"thread_id": "t-1"}).status_code == 200

    def found() -> set[str]:
        return {f"{PATH}/{one['id']}" for one in seen(client, PATH, thread_id="t-1")["items"]}

    assert found() == {first, second, third, other}
    assert seen(client, other)["thread_id"] == "t-1"
    done(client, f"{second}/redaction")
    assert found() == {first, third, other}
    done(client, f"{ada}/erasure", ERASURE)
    assert found() == {third, other}
    assert seen(client, first)["thread_id"] is None


def test_only_who_sees_personal_data_finds_a_thread(client: Client, key_for: KeyFor) -> None:
    seen(client, logged(client, registered(client), thread_id="t-1"))
    analyst = key_for("analyst")
    [shown] = client.get(PATH, headers=analyst).json()["items"]
    assert "thread_id" not in shown
    for thread in ("t-1", "t-unknown"):
        assert client.get(PATH, params={"thread_id": thread}, headers=analyst).status_code == 403


def test_an_interaction_with_an_external_id_is_logged_once_and_then_corrected(client: Client) -> None:
    customer = registered(client)
    body = {"customer_id": id_of(customer), "channel": "chat", "direction": "inbound", "body": "Hello"}
    first, again = (client.put(f"{PATH}/by/desk/7", body) for _ in range(2))
    corrected = client.put(f"{PATH}/by/desk/7", body | {"body": "Hello?"})
    assert [answer.status_code for answer in (first, again, corrected)] == [201, 200, 200]
    assert (again.json()["version"], corrected.json()["version"]) == (2, 3)
    found = seen(client, f"{PATH}/by/desk/7")
    assert (found["id"], found["private"]["body"]) == (first.json()["id"], "Hello?")


def test_the_customer_and_resources_of_an_interaction_must_exist(client: Client) -> None:
    nobody = "00000000-0000-0000-0000-000000000007"
    ada = registered(client)
    assert log(client, nobody).status_code == 404
    assert log(client, ada, about=[{"kind": "order", "id": nobody}]).status_code == 404
    assert log(client, ada, lead_id=nobody).status_code == 404
    assert log(client, ada, duration_seconds=-1).status_code == 422
    refused = client.post(PATH, {"channel": "phone", "direction": "inbound"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/nobody-contacted")
    done(client, f"{ada}/erasure", ERASURE)
    assert log(client, ada).status_code == 409


@on_both_engines
def test_texts_disappear_by_redaction_and_by_erasure_of_the_customer(client: Client, key_for: KeyFor) -> None:
    customer = registered(client)
    first, second = logged(client, customer), logged(client, customer)
    done(client, f"{first}/redaction", {"reason": "wrong-customer"})
    found = seen(client, first)
    assert found["private"] is None
    assert found["redacted_at"] is not None
    assert client.patch(first, {"title": "Again"}).json()["type"] == "/problems/interaction-redacted"
    analyst = key_for("analyst")
    for path in (second, PATH, f"{second}/history"):
        assert "parcel" not in client.get(path, headers=analyst).text
    done(client, f"{customer}/erasure", ERASURE)
    assert seen(client, second)["private"] is None


def test_an_interaction_is_in_its_customers_timeline(client: Client) -> None:
    customer = registered(client)
    logged(client, customer, duration_seconds=60)
    line = seen(client, f"{customer}/timeline")["items"][0]
    assert line["en"] == "Interaction logged: channel phone, direction inbound, seconds 60"
    assert line["zh"] == "沟通记录已记录：渠道 phone，方向 inbound，秒数 60"
