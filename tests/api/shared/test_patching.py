"""Every field that a resource is created with can be changed later, or the contract says why not.

A PATCH takes the field, or its refusal names the route that changes it, or says that the field cannot change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from tests.api.client import Client
from tests.api.conftest import World
from tests.api.customers.given_customers import registered, seen

COMMON = {"occurred_at", "occurred_zone", "source", "on_behalf_of", "correlation_id", "causation_id"}
"""The circumstances that every command takes."""

FIXED: Mapping[str, Mapping[str, str]] = {
    "customers": {"allow_duplicate": "it is about the registration, and not about the customer"},
    "interactions": dict.fromkeys(("customer_id", "lead_id"), "a contact with somebody else is another contact"),
    "orders": {
        "number": "a number is given once",
        "currency": "the sums of an order are in one currency",
        "prices_include_tax": "the sums depend on it",
        "channel": "where the order was placed does not change",
        "campaign_id": "what led to the order does not change",
        "lead_id": "what led to the order does not change",
        "deal_id": "what led to the order does not change",
        "test": "a test order stays out of all figures",
    },
    "tickets": {
        "number": "a number is given once",
        "channel": "where the ticket was opened does not change",
        "opened_by": "who opened the ticket does not change",
        "follow_up_of": "what led to the ticket does not change",
        "parent_id": "what led to the ticket does not change",
    },
    "leads": dict.fromkeys(
        ("number", "channel", "contact", "origin", "campaign_id"),
        "a lead is a fact about a moment; a new interest is a new lead",
    ),
    "deals": dict.fromkeys(
        ("number", "customer_id", "lead_id", "pipeline"), "it is what the deal is about; another one is another deal"
    ),
    "tasks": dict.fromkeys(("title", "about"), "it is what the task is; cancel it and create another one"),
    "lists": {"name": "retire the list and create another one"},
    "keys": dict.fromkeys(("label", "roles"), "revoke the key and issue another one"),
}
"""The fields that cannot change, with the reason."""

ROUTES: Mapping[str, Mapping[str, str]] = {
    "customers": dict.fromkeys(("contact_methods", "region"), "POST /v1/customers/{id}/contact-methods"),
    "orders": {"customer_id": "PUT /v1/orders/{id}/customer", "owner": "PUT /v1/orders/{id}/assignment"},
    "tickets": {"customer_id": "PUT /v1/tickets/{id}/requester", "about": "POST /v1/tickets/{id}/links"},
    "campaigns": dict.fromkeys(("budget", "currency"), "PUT /v1/campaigns/{id}/budget")
    | dict.fromkeys(("owner", "team"), "PUT /v1/campaigns/{id}/assignment"),
    "leads": dict.fromkeys(("customer_id", "value", "currency"), "POST /v1/leads/{id}/conversion"),
    "deals": {
        "stage": "PUT /v1/deals/{id}/stage",
        "amount": "PUT /v1/deals/{id}/amount",
        "currency": "PUT /v1/deals/{id}/amount",
        "expected_close": "PUT /v1/deals/{id}/close-date",
        "owner": "PUT /v1/deals/{id}/assignment",
    },
    "tasks": {
        "assignee": "PUT /v1/tasks/{id}/assignee",
        "due": "PUT /v1/tasks/{id}/times",
        "remind_at": "PUT /v1/tasks/{id}/times",
    },
    "segment-rules": dict.fromkeys(("name", "priority", "rule"), "PUT /v1/segment-rules/{id}"),
    "saved-views": dict.fromkeys(
        ("fields", "filters", "name", "owner", "resource", "shared", "sort"), "PUT /v1/saved-views/{id}"
    ),
    "keys": {"expires_at": "PUT /v1/keys/{id}/expiry"},
    "webhooks": dict.fromkeys(("irregular", "personal", "subjects", "types", "url"), "PUT /v1/webhooks/{id}"),
}
"""The fields that another route changes."""

OCCURRENCES = {
    "feedback": "a submission is an occurrence; another one is another feedback",
    "touchpoints": "a touchpoint is an occurrence",
    "segment-models": "a model is fitted once; another fit is another model",
    "value-models": "a model is fitted again as a whole",
    "imports": "its body is a file",
    "batch": "its lines are requests of their own",
    "sessions": "a session is opened once and ends; another sign-in is another session",
}
"""Resources that are not changed at all, with the reason."""


class Created(NamedTuple):
    """A resource, the fields it is created with, and the fields of its PATCH (None if it has none)."""

    name: str
    fields: frozenset[str]
    patched: frozenset[str] | None


def _schema(operation: Mapping[str, Any], document: Mapping[str, Any]) -> frozenset[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    refs = [one["$ref"] for one in (content, *content.get("anyOf", ())) if "$ref" in one]
    known = document["components"]["schemas"]
    return frozenset(known[refs[0].rpartition("/")[2]]["properties"]) - COMMON if refs else frozenset()


def _created(document: Mapping[str, Any]) -> Iterator[Created]:
    paths = document["paths"]
    for path, operations in paths.items():
        if re.fullmatch(r"/v1/[a-z-]+", path) and "post" in operations:
            patch = paths.get(f"{path}/{{id}}", {}).get("patch")
            yield Created(
                path.removeprefix("/v1/"),
                _schema(operations["post"], document),
                None if patch is None else _schema(patch, document),
            )


def test_every_field_is_in_the_patch_or_has_a_route_or_a_reason(world: World) -> None:
    document = world.app.openapi()
    for resource in _created(document):
        if resource.name in OCCURRENCES:
            assert resource.patched is None, resource.name
            continue
        patched, routes = resource.patched or frozenset(), ROUTES.get(resource.name, {})
        assert resource.fields - patched == routes.keys() | FIXED.get(resource.name, {}).keys(), resource.name
        assert not routes.keys() & FIXED.get(resource.name, {}).keys(), resource.name
        for field, route in routes.items():
            method, path = route.split()
            taken = _schema(document["paths"][path][method.lower()], document)
            assert field in taken or field == "contact_methods", (resource.name, field)


def test_a_patch_names_the_route_or_says_that_the_field_cannot_change(world: World) -> None:
    patched = {one.name: one.fields - one.patched for one in _created(world.app.openapi()) if one.patched is not None}
    assert [*patched] == ["customers", "interactions", "orders", "tickets", "campaigns"]
    for resource, fields in patched.items():
        for field in sorted(fields):
            answer = world.client.patch(f"/v1/{resource}/{uuid4()}", {field: None})
            assert answer.status_code == 422, (resource, field)
            [error] = answer.json()["errors"]
            assert error["pointer"] == f"/{field}"
            route = ROUTES.get(resource, {}).get(field)
            assert error["detail"].startswith(f"Change it with {route}" if route else "It cannot change"), (
                resource,
                field,
            )


@pytest.mark.parametrize("resource", ["customers", "orders", "tickets", "interactions", "campaigns"])
def test_a_field_that_no_route_knows_is_still_refused(world: World, resource: str) -> None:
    answer = world.client.patch(f"/v1/{resource}/{uuid4()}", {"colour": "red"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/colour")


# Customers


def test_a_patch_of_a_customer_changes_attributes_owner_and_team(client: Client) -> None:
    ada = registered(client, attributes={"size": 1, "shoe": "42"}, owner="kim", team="north")
    answer = client.patch(ada, {"attributes": {"size": 2, "shoe": None}, "owner": "lee", "name": "Ada L."})
    assert answer.status_code == 200, answer.text
    customer = seen(client, ada)
    assert (customer["attributes"], customer["owner"], customer["team"]) == ({"size": 2}, "lee", "north")
    assert customer["name"] == "Ada L."
    assert client.patch(ada, {"team": None}).status_code == 200
    assert (seen(client, ada)["owner"], seen(client, ada)["team"]) == ("lee", None)


def test_a_patch_that_repeats_what_is_known_records_nothing(client: Client) -> None:
    ada = registered(client, attributes={"size": 1}, owner="kim")
    version = seen(client, ada)["version"]
    repeats: tuple[dict[str, Any], ...] = (
        {"attributes": {"size": 1}},
        {"attributes": {"none": None}},
        {"attributes": {}},
        {"owner": "kim"},
    )
    for same in repeats:
        assert client.patch(ada, same).json()["version"] == version, same


def test_a_patch_of_an_attribute_obeys_its_field_definition(client: Client) -> None:
    client.put("/v1/field-definitions/customer/size", {"kind": "number", "name": "Size"})
    ada = registered(client)
    answer = client.patch(ada, {"attributes": {"size": "large"}})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/attribute-does-not-fit")
    assert client.patch(ada, {"attributes": None}).status_code == 422
