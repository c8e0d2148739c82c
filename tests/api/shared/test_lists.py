"""A list shows of each row what the single resource shows, apart from long parts that only the single one has."""

from __future__ import annotations

import re
from typing import Any

from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import KeyFor
from tests.api.customers.given_customers import head, seen
from tests.api.given_everything import everything_happened
from tests.api.given_the_rest import the_rest_happened
from tests.api.sales.given_leads import LEAD
from tests.api.sales.given_orders import ORDER

ONLY_IN_ONE = {
    "/v1/customers": {"last_feedback", "last_interaction", "money", "segments", "tickets"},
    "/v1/orders": {
        "cancelled",
        "lines",
        "money",
        "order_discounts",
        "other_charges",
        "returned",
        "returns_requested",
        "shipments",
    },
    "/v1/tickets": {"attachments", "correspondence"},
    "/v1/events": {"sentence", "resource", "before", "after", "changes", "recorded_together", "causes", "effects"},
}
"""Figures of other resources, and parts that are long or are a history of their own."""
IN_PART = {("/v1/tickets", "private"), ("/v1/campaigns", "progress")}
"""Lists of tickets have their short personal texts; the progress towards a goal counts all members of the campaign."""


def test_a_list_shows_what_the_single_resource_shows(client: Client, parts: Parts) -> None:
    everything_happened(client)
    the_rest_happened(client, parts.executor)
    here = {"Position": str(head(client))}
    lists = {}
    for path, key in lists_and_keys(client):
        answer = client.get(path, headers=here)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        items = answer.json()["items"]
        lists[path] = len(items)
        for item in items:
            one = client.get(f"{path}/{item[key]}", headers=here).json()
            assert set(one) - set(item) == ONLY_IN_ONE.get(path, set()), path
            assert set(item) <= set(one), path
            for name, value in item.items():
                assert part_of(value, one[name]) if (path, name) in IN_PART else value == one[name], (path, name)
    assert len(lists) > 20
    assert all(lists.values()), lists


def lists_and_keys(client: Client) -> list[tuple[str, str]]:
    """Every list whose items can be read one by one, and the field that names an item."""
    paths = client.get("/openapi.json").json()["paths"]
    single = re.compile(r"(/v1/[a-z-]+)/\{([a-z_]+)\}")
    found = [(match[1], match[2]) for path, routes in paths.items() if "get" in routes and (match := single.fullmatch(path))]
    key_of = {"position": "position", "code": "code", "name": "name"}
    return [(path, key_of.get(key, "id")) for path, key in found if "get" in paths.get(path, {})]


def part_of(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(part_of(value, whole[name]) for name, value in part.items())
    return bool(part == whole)


def test_a_list_of_tickets_has_their_attributes_and_titles(client: Client, key_for: KeyFor) -> None:
    facts = {"opened_by": "customer", "title": "Broken cup", "description": "Two of six"}
    ticket = client.post("/v1/tickets", facts).headers["Location"]
    client.patch(f"{ticket}/attributes", {"attributes": {"size": 3, "wish": "tea"}})
    [item] = seen(client, "/v1/tickets")["items"]
    assert (item["attributes"], item["private"]) == ({"size": 3}, {"title": "Broken cup", "attributes": {"wish": "tea"}})
    [item] = client.get("/v1/tickets", params={"after": head(client)}, headers=key_for("analyst")).json()["items"]
    assert item["attributes"] == {"size": 3}
    assert "private" not in item


def test_a_list_of_orders_has_their_attributes_and_origins(client: Client) -> None:
    lead = client.post("/v1/leads", LEAD).json()["id"]
    order = client.post("/v1/orders", ORDER | {"lead_id": lead}).headers["Location"]
    client.patch(f"{order}/attributes", {"attributes": {"size": 3, "wish": "tea"}})
    [item] = seen(client, "/v1/orders")["items"]
    assert (item["attributes"], item["private"]["attributes"], item["lead_id"]) == ({"size": 3}, {"wish": "tea"}, lead)
    text = client.get("/v1/orders", params={"fields": "attributes.size"}, headers={"accept": "text/csv"}).text
    assert text == "attributes.size\r\n3\r\n"


def test_an_erased_customers_texts_are_in_no_list(client: Client) -> None:
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    ticket = client.post("/v1/tickets", {"opened_by": "customer", "customer_id": customer, "title": "Broken"}).headers[
        "Location"
    ]
    client.patch(f"{ticket}/attributes", {"attributes": {"wish": "tea"}})
    client.post(f"/v1/customers/{customer}/erasure", {"reason": "requested", "requested_by": "customer"})
    [item] = seen(client, "/v1/tickets")["items"]
    assert item["private"] is None
