"""Duplicate customers: merged, unmerged, and found before they are registered twice."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import ADA, ERASURE, head, registered, seen
from tests.api.sales.given_orders import done, placed

BOB: dict[str, Any] = {"name": "Bob", "contact_methods": [{"kind": "email", "value": "bob@example.com"}]}


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def refusal(client: Client, path: str, body: Any = None) -> tuple[int, str]:
    answer = client.post(path, body)
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def answers(client: Client, *paths: str) -> list[dict[str, Any]]:
    """The answers without versions and positions."""
    found = [seen(client, path) for path in paths]
    return [{name: value for name, value in one.items() if name not in ("version", "position")} for one in found]


@on_both_engines
def test_a_survivor_answers_for_everyone_merged_into_them_until_they_are_unmerged(client: Client) -> None:
    ada, bob, cyd = registered(client), registered(client, **BOB), registered(client, name="Cyd")
    placed(client, customer_id=id_of(ada))
    placed(client, customer_id=id_of(bob))
    before = answers(client, ada, bob, cyd)
    done(client, f"{bob}/merge", {"into": id_of(ada)})
    done(client, f"{cyd}/merge", {"into": id_of(ada)})
    survivor, merged = seen(client, ada), seen(client, bob)
    assert survivor["merged_ids"] == sorted((id_of(bob), id_of(cyd)))
    assert [money["orders"] for money in survivor["money"].values()] == [2]
    assert (survivor["merged_into"], merged["merged_into"], merged["name"]) == (None, id_of(ada), "Bob")
    lines = [row["en"] for row in seen(client, f"{ada}/timeline")["items"]]
    assert len([line for line in lines if line.startswith("Order")]) == 2
    assert lines[:2] == ["Customer merged", "Customer merged"]
    for customer in (bob, cyd):
        done(client, f"{customer}/unmerge")
    assert answers(client, ada, bob, cyd) == before


def test_a_merged_customer_takes_no_facts_and_orders_go_to_the_survivor(client: Client) -> None:
    ada, bob = registered(client), registered(client, **BOB)
    done(client, f"{bob}/merge", {"into": id_of(ada)})
    answer = client.patch(bob, {"name": "Robert"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/customer-merged")
    assert answer.json()["facts"]["survivor"] == id_of(ada)
    assert refusal(client, f"{bob}/erasure", ERASURE) == (409, "customer-merged")
    assert seen(client, placed(client, customer_id=id_of(bob)))["customer_id"] == id_of(ada)


def test_nobody_is_merged_into_themselves_or_into_an_unknown_customer(client: Client) -> None:
    ada, bob, cyd = (registered(client) for _ in range(3))
    assert refusal(client, f"{ada}/merge", {"into": id_of(ada)}) == (422, "merged-into-themselves")
    assert refusal(client, f"{ada}/merge", {"into": str(uuid4())}) == (404, "customer-unknown")
    done(client, f"{bob}/merge", {"into": id_of(ada)})
    assert client.post(f"{bob}/merge", {"into": id_of(ada)}).json()["version"] == 2
    assert refusal(client, f"{ada}/merge", {"into": id_of(bob)}) == (409, "customer-merged")
    assert refusal(client, f"{bob}/merge", {"into": id_of(cyd)}) == (409, "customer-merged")
    assert client.post(f"{cyd}/unmerge").json()["version"] == 1
    done(client, f"{cyd}/erasure", ERASURE)
    assert refusal(client, f"{ada}/merge", {"into": id_of(cyd)}) == (409, "customer-erased")


@on_both_engines
def test_a_merged_customer_is_erased_with_the_survivor(client: Client) -> None:
    ada, bob, cyd = registered(client), registered(client, **BOB), registered(client, name="Cyd")
    done(client, f"{bob}/merge", {"into": id_of(ada)})
    done(client, f"{cyd}/merge", {"into": id_of(ada)})
    done(client, f"{cyd}/unmerge")
    done(client, f"{ada}/erasure", ERASURE)
    assert seen(client, bob)["erased_at"] is not None
    assert "Bob" not in client.get(f"{bob}/history").text + client.get("/v1/events", params={"subject": id_of(bob)}).text
    assert refusal(client, f"{bob}/unmerge") == (409, "customer-erased")
    assert (seen(client, cyd)["name"], seen(client, cyd)["erased_at"]) == ("Cyd", None)


@on_both_engines
def test_a_customer_is_not_registered_twice_unless_duplicates_are_allowed(client: Client) -> None:
    ada = registered(client)
    again = {"name": "A. Lovelace", "contact_methods": [{"kind": "email", "value": "ada@EXAMPLE.com"}]}
    answer = client.post("/v1/customers", again)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/possible-duplicate")
    assert answer.json()["candidates"] == [id_of(ada)]
    assert answer.headers["Position"] == str(head(client))
    assert "example.com" not in answer.text.casefold()
    assert client.post("/v1/customers", again | {"allow_duplicate": True}).status_code == 201
    assert client.post("/v1/customers", {"name": "Ada"}).status_code == 201


@on_both_engines
def test_a_customer_of_another_system_is_refused_only_if_the_request_says_so(client: Client) -> None:
    ada = registered(client)
    shop = {"name": "Ada", "contact_methods": ADA["contact_methods"]}
    refused = client.put("/v1/customers/by/shop/7", shop | {"allow_duplicate": False})
    assert (refused.status_code, refused.json()["candidates"]) == (409, [id_of(ada)])
    assert client.put("/v1/customers/by/shop/7", shop).status_code == 201
    assert client.put("/v1/customers/by/shop/7", shop | {"allow_duplicate": False}).status_code == 200


def test_a_repeated_request_is_not_a_duplicate_of_itself(client: Client) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = client.post("/v1/customers", ADA, headers=key)
    seen(client, first.headers["Location"])
    again = client.post("/v1/customers", ADA, headers=key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert client.post("/v1/customers", ADA, headers={"Idempotency-Key": "k-2"}).status_code == 409


@on_both_engines
def test_duplicates_are_listed_until_they_are_merged(client: Client) -> None:
    ada, other, bob = registered(client), registered(client), registered(client, **BOB)
    one, two = seen(client, "/v1/customers/duplicates")["items"]
    assert (one["customer_id"], one["duplicates"]) == (id_of(other), [{"customer_id": id_of(ada), "same": ["email"]}])
    assert two["customer_id"] == id_of(ada)
    assert len(seen(client, "/v1/customers/duplicates", limit=1)["items"]) == 1
    done(client, f"{other}/merge", {"into": id_of(ada)})
    assert seen(client, "/v1/customers/duplicates")["items"] == []
    # A merged customer is still found, as their survivor.
    done(client, f"{ada}/merge", {"into": id_of(bob)})
    late = registered(client)
    assert [item["customer_id"] for item in seen(client, "/v1/customers/duplicates")["items"]] == [id_of(late), id_of(bob)]
    assert set(client.post("/v1/customers", ADA).json()["candidates"]) == {id_of(late), id_of(bob)}
