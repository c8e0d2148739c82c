"""A problem says which part of the request is wrong: a JSON Pointer (RFC 6901) into the body, or the name of a parameter."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.customers.field_definition import Entity
from domain.shared.annotations import Annotated
from domain.shared.text import composed
from infra.wiring import AGGREGATES
from tests.api.conftest import World
from tests.api.shared.bad_input import problem, sent

NOBODY = "00000000-0000-4000-8000-000000000007"
TOUCHES = f"/v1/campaigns/{NOBODY}/touches"

# Texts in their one form, because a pointer names the parts of the body in this form.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5).map(composed)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.sampled_from(["value", "kind", "str", "~/"]), inner),
    max_leaves=6,
)
CUSTOMER = ("name", "kind", "contact_methods", "address", "attributes", "external_ids", "acquisition", "source", "occurred_at")
CUSTOMERS = st.dictionaries(st.sampled_from(CUSTOMER) | texts, values, max_size=4)
FIELDS = st.dictionaries(
    st.sampled_from(["sent", "clicked", "url", "value", "machine", "order_id"]) | texts, values, max_size=3
)
KINDS = st.sampled_from(["sent", "clicked", "converted", "bounced", "unheard-of"])


def found(body: Any, pointer: str) -> bool:
    """Whether the pointer leads to a part of the body, or to a field that an object in it does not have."""
    if not pointer:
        return True
    assert pointer.startswith("/")
    *above, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]
    for step in above:
        body = body[int(step)] if isinstance(body, list) else body[step]
    return isinstance(body, dict) or (isinstance(body, list) and last.isdecimal() and int(last) < len(body))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=CUSTOMERS)
def test_every_pointer_leads_to_a_part_of_the_body(world: World, body: dict[str, Any]) -> None:
    answer = sent(world.client, json.dumps(body).encode())
    for error in answer.json().get("errors", ()):
        assert found(body, error["pointer"]), (body, error)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=KINDS, fields=FIELDS)
def test_a_pointer_does_not_name_the_choice_that_was_tried(world: World, kind: str, fields: dict[str, Any]) -> None:
    body = {"touches": [{"customer_id": NOBODY, **fields, "kind": kind}]}
    answer = sent(world.client, json.dumps(body).encode(), TOUCHES)
    for error in answer.json().get("errors", ()):
        assert found(body, error["pointer"]), (body, error)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "Ada", "attributes": {"a/b~c": {"x": 1}}}, "/attributes/a~1b~0c"),
        ({"name": "Ada", "attributes": {"size": [1]}}, "/attributes/size"),
        ({"name": "Ada", "attributes": {"k" * 65: 1}}, "/attributes/" + "k" * 65),
        ({"name": "Ada", "address": {"lines": ["a", 2]}}, "/address/lines/1"),
        ({"name": "Ada", "contact_methods": [{"kind": "email"}]}, "/contact_methods/0/value"),
        ({"name": "Ada", "": 1}, "/"),
    ],
)
def test_the_pointer_names_the_part_that_is_wrong(world: World, body: Any, pointer: str) -> None:
    answer = sent(world.client, json.dumps(body).encode())
    assert problem(answer) == (422, "does-not-fit")
    assert {error["pointer"] for error in answer.json()["errors"]} == {pointer}


@pytest.mark.parametrize(
    ("path", "headers", "parameter"),
    [
        ("/v1/orders?limit=0", {}, "limit"),
        ("/v1/orders?placed_from=yesterday", {}, "placed_from"),
        ("/v1/orders/7", {}, "id"),
        (f"/v1/orders/{NOBODY}?as_of=yesterday", {}, "as_of"),
        ("/v1/orders", {"Position": "x"}, "Position"),
        ("/v1/events/0", {}, "position"),
        ("/v1/reports/sales?by=day&by=month", {}, "by"),
        ("/v1/customers?zone=Nowhere", {}, "zone"),
        ("/v1/customers?q=Ada&kind=person", {}, "kind"),
        ("/v1/customers?q=Ada&sort=name", {}, "sort"),
        ("/v1/reports/segments?rules=true&model=baseline", {}, "model"),
    ],
)
def test_a_parameter_is_named(world: World, path: str, headers: dict[str, str], parameter: str) -> None:
    answer = world.client.get(path, headers=headers)
    assert problem(answer) == (422, "does-not-fit")
    [error] = answer.json()["errors"]
    assert error == {"parameter": parameter, "detail": error["detail"]}


@pytest.mark.usefixtures("unchanged")
def test_a_value_of_no_closed_set_is_answered_with_the_nearest_one(world: World) -> None:
    answer = sent(world.client, json.dumps({"name": "Ada", "kind": "persson"}).encode())
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/kind"
    assert "did you mean person?" in error["detail"]
    assert "organisation" in error["detail"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ({"status": "opne"}, "/filter/status"),
        ({"stauts": "open"}, "/filter/stauts"),
        ({"opened_from": 7}, "/filter/opened_from"),
    ],
)
def test_a_selection_points_at_its_filter(world: World, filters: dict[str, Any], pointer: str) -> None:
    body = {"filter": filters, "then": {"path": "tags", "body": {"tags": ["vip"]}}}
    answer = world.client.post("/v1/tickets/select", body)
    assert problem(answer) == (422, "does-not-fit")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.usefixtures("unchanged")
def test_a_line_of_a_batch_takes_no_unknown_parameter(world: World, customer: str) -> None:
    line = {"method": "POST", "path": f"{customer}/archival?reason=gone", "body": {}}
    headers = {"Content-Type": "application/x-ndjson"}
    answer = world.client.request("POST", "/v1/batch", content=json.dumps(line).encode(), headers=headers)
    result = json.loads(answer.text)
    assert result["status"] == 422
    assert [error["parameter"] for error in result["body"]["errors"]] == ["reason"]


def test_an_unknown_parameter_is_named_only_to_a_caller_who_may_ask(world: World) -> None:
    assert world.client.get("/v1/audit?nonsense=1", headers=world.key("agent")).status_code == 403
    assert world.client.get("/v1/audit?nonsense=1", headers={"Authorization": ""}).status_code == 401
    assert world.client.post("/v1/customers?nonsense=1", {}, headers=world.key("analyst")).status_code == 403


def test_a_history_takes_a_position_too(world: World, customer: str) -> None:
    assert world.client.get(f"{customer}/history", params={"after": world.head()}).status_code == 200
    ahead = world.client.get(f"{customer}/history", params={"after": world.head() + 1})
    assert (problem(ahead), ahead.headers["Position"]) == ((422, "beyond-the-log"), str(world.head()))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("entity", "nearest"), [("custommer", "customer"), ("tickets", "ticket"), ("task", None)])
def test_a_field_is_defined_only_for_a_kind_of_resource_that_has_attributes(
    world: World, entity: str, nearest: str | None
) -> None:
    answer = world.client.put(f"/v1/field-definitions/{entity}/size", {"kind": "number", "name": "Size"})
    assert problem(answer) == (422, "does-not-fit")
    [error] = answer.json()["errors"]
    assert error["parameter"] == "entity"
    assert nearest is None or f"did you mean {nearest}?" in error["detail"]


def test_every_kind_of_resource_that_has_attributes_may_have_field_definitions() -> None:
    annotated = {kind.name for kind in AGGREGATES if issubclass(kind, Annotated)}
    assert annotated | {"customer"} == set(get_args(Entity))


def test_the_openapi_document_declares_the_problem_document_once(world: World) -> None:
    document = world.app.openapi()
    answers = [
        answer["content"]["application/problem+json"]["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        if "application/problem+json" in answer.get("content", {})
    ]
    assert len(answers) > 1_000
    assert all(answer == {"$ref": "#/components/schemas/Problem"} for answer in answers)
    assert {"pointer", "parameter"} < document["components"]["schemas"]["Problem"]["properties"]["errors"]["items"][
        "properties"
    ].keys()
