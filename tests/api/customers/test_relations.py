"""Relations of customers over HTTP, and what a firm and its people bought together."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Client
from tests.api.conftest import World, on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered, seen
from tests.api.customers.test_merging import id_of, refusal
from tests.api.sales.given_orders import done, placed

BUYER = {"role": "employee", "title": "Head buyer", "since": "2024-05-01"}


def employed(client: Client, person: str, firm: str, **more: Any) -> str:
    """The path of the new relation."""
    done(client, f"{person}/relations", BUYER | {"other": id_of(firm)} | more)
    return f"{person}/relations/{seen(client, f'{person}/relations')['items'][0]['relation_id']}"


@on_both_engines
def test_a_firm_has_its_people_as_relations_and_in_its_totals(client: Client) -> None:
    acme = registered(client, name="Acme", kind="organisation")
    ada, bob = registered(client), registered(client, name="Bob")
    job = employed(client, ada, acme)
    employed(client, bob, acme)
    placed(client, customer_id=id_of(acme))
    placed(client, customer_id=id_of(ada))
    placed(client, customer_id=id_of(bob))
    items = seen(client, f"{acme}/relations")["items"]
    assert [(row["who"], row["role"], row["whom"]) for row in items] == [
        (id_of(bob), "employee", id_of(acme)),
        (id_of(ada), "employee", id_of(acme)),
    ]
    assert (items[1]["related"]["name"], items[1]["title"], items[1]["since"]) == ("Ada", "Head buyer", "2024-05-01")
    totals = seen(client, f"{acme}/totals")
    assert (totals["people"], [group["together"]["orders"] for group in totals["groups"]]) == (2, [3])
    done(client, f"{bob}/merge", {"into": id_of(ada)})
    totals = seen(client, f"{acme}/totals")
    assert (totals["people"], totals["position"]) == (1, head(client))
    assert [(group["own"]["orders"], group["related"]["orders"]) for group in totals["groups"]] == [(1, 2)]
    done(client, f"{bob}/unmerge")
    done(client, f"{job}/ending", {"until": "2025-01-01"})
    assert [row["who"] for row in seen(client, f"{acme}/relations")["items"]] == [id_of(bob)]
    everything = seen(client, f"{acme}/relations", all=True, role="employee")["items"]
    assert [row["until"] for row in everything] == [None, "2025-01-01"]
    assert seen(client, f"{acme}/totals")["people"] == 1


def test_a_relation_is_in_both_timelines_and_in_the_history(world: World) -> None:
    client = world.client
    acme, ada = registered(client, name="Acme"), registered(client)
    done(client, f"{employed(client, ada, acme)}/ending", {"until": "2025-01-01"})
    for customer in (acme, ada):
        lines = [(row["zh"], row["en"]) for row in seen(client, f"{customer}/timeline")["items"]]
        assert ("客户已添加关系：关系 employee", "Customer relation added: role employee") in lines
        assert lines[0][1] == "Customer relation ended: role employee"
    assert [event["type"].split(".")[2] for event in client.get(f"{ada}/history").json()["items"]] == [
        "registered",
        "relation_added",
        "relation_ended",
    ]


def test_relations_have_pages_and_exports(world: World) -> None:
    client = world.client
    acme = registered(client, name="Acme")
    for number in range(3):
        employed(client, registered(client, name=f"Ada {number}"), acme)
    first = seen(client, f"{acme}/relations", limit=2)
    rest = client.get(first["next"]).json()
    assert [row["related"]["name"] for row in first["items"] + rest["items"]] == ["Ada 2", "Ada 1", "Ada 0"]
    answer = client.get(f"{acme}/relations", params={"after": head(client)}, headers={"accept": "text/csv"})
    assert [row["related.name"] for row in csv.DictReader(StringIO(answer.text))] == ["Ada 2", "Ada 1", "Ada 0"]


def test_personal_data_of_a_relation_needs_permission(world: World) -> None:
    client = world.client
    acme, ada = registered(client, name="Acme"), registered(client)
    employed(client, ada, acme)
    answer = client.get(f"{acme}/relations", params={"after": head(client)}, headers=world.key("analyst"))
    [relation] = answer.json()["items"]
    assert ("title" in relation, "name" in relation["related"]) == (False, False)
    assert "Head buyer" not in client.get(f"{ada}/history", headers=world.key("analyst")).text


def test_a_relation_is_recorded_once_and_names_the_survivor(world: World) -> None:
    client = world.client
    acme, ada, bob = registered(client, name="Acme"), registered(client), registered(client, name="Bob")
    buyer = BUYER | {"other": id_of(acme)}
    version = client.post(f"{ada}/relations", buyer).json()["version"]
    done(client, f"{acme}/merge", {"into": id_of(bob)})
    assert client.post(f"{ada}/relations", buyer).json()["version"] == version
    done(client, f"{ada}/relations", buyer | {"role": "partner"})
    [partner] = seen(client, f"{ada}/relations", role="partner")["items"]
    assert partner["whom"] == id_of(bob)
    assert refusal(client, f"{acme}/relations", buyer | {"other": id_of(ada)}) == (409, "customer-merged")


@on_both_engines
def test_erasing_one_of_them_leaves_the_other(client: Client) -> None:
    acme, ada = registered(client, name="Acme"), registered(client)
    employed(client, ada, acme)
    done(client, f"{acme}/erasure", ERASURE)
    assert seen(client, ada)["name"] == "Ada"
    assert "Head buyer" in client.get("/v1/events", params={"subject": id_of(ada)}).text
    assert seen(client, f"{ada}/relations", all=True)["items"] == []
    done(client, f"{ada}/erasure", ERASURE)
    assert "Head buyer" not in client.get("/v1/events", params={"subject": id_of(ada)}).text


def test_impossible_relations_are_refused(world: World) -> None:
    client = world.client
    acme, ada, gone = registered(client, name="Acme"), registered(client), registered(client)
    done(client, f"{gone}/erasure", ERASURE)
    job = employed(client, ada, acme)
    assert refusal(client, f"{ada}/relations", BUYER | {"other": id_of(ada)}) == (422, "related-to-themselves")
    assert refusal(client, f"{ada}/relations", BUYER | {"other": str(uuid4())}) == (404, "customer-unknown")
    assert refusal(client, f"{ada}/relations", BUYER | {"other": id_of(gone)}) == (409, "customer-erased")
    assert refusal(client, f"{job}/ending", {"until": "2024-04-30"}) == (409, "relation-ends-before-it-begins")
    assert refusal(client, f"{ada}/relations/{uuid4()}/ending", {"until": "2025-01-01"}) == (404, "unknown-relation")
    assert client.get(f"/v1/customers/{uuid4()}/totals").status_code == 404


@pytest.mark.parametrize("change", [{"role": "owner"}, {"other": "x"}, {"since": "May"}, {"title": 1}, {"more": 1}])
def test_an_invalid_relation_does_not_fit(world: World, change: dict[str, Any]) -> None:
    client = world.client
    ada = registered(client)
    assert client.post(f"{ada}/relations", BUYER | {"other": str(uuid4())} | change).status_code == 422
