"""The `fields` parameter: answers with only the requested fields."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.shared import picking
from tests.api.client import Client
from tests.api.conftest import KeyFor, World
from tests.api.customers.given_customers import registered, seen
from tests.api.figures import value
from tests.api.given_everything import everything_happened
from tests.api.sales.given_leads import captured, opened
from tests.api.sales.given_orders import confirmed
from tests.api.shared.test_exporting import exported, rows


def test_a_list_has_only_the_requested_fields(client: Client) -> None:
    registered(client, name="Ada", attributes={"size": 3, "wish": "tea"})
    (row,) = seen(client, "/v1/customers", fields="name,attributes.size,contact_methods.kind")["items"]
    assert row == {"name": "Ada", "attributes": {"size": 3}, "contact_methods": [{"kind": "email"}]}
    (row,) = seen(client, "/v1/customers", fields="attributes,attributes.size,tags")["items"]
    assert row == {"attributes": {"size": 3, "wish": "tea"}, "tags": []}


def test_the_next_page_has_the_same_fields(client: Client) -> None:
    for number in range(2):
        registered(client, name=str(number))
    first = seen(client, "/v1/customers", fields="name", limit=1)
    assert first["items"] + client.get(first["next"]).json()["items"] == [{"name": "1"}, {"name": "0"}]


def test_one_resource_its_history_and_a_report_have_only_the_requested_fields(client: Client) -> None:
    order = confirmed(client)
    assert list(seen(client, order, fields="total,order_status")) == ["total", "order_status"]
    first, _ = seen(client, f"{order}/history", fields="version,type")["items"]
    assert list(first) == ["version", "type"]
    report = seen(client, "/v1/reports/channel-sales", fields="measures.orders,measures.average_order.value")
    assert report["definition"]
    (group,) = report["groups"]
    assert (list(group), list(group["measures"])) == (["measures"], ["orders", "average_order"])
    assert (value(group, "orders"), list(group["measures"]["average_order"])) == (1, ["value"])


def test_the_columns_of_an_export_follow_the_requested_fields(client: Client) -> None:
    assert exported(client, "/v1/orders?fields=total,number", "text/csv") == "total,number\r\n"
    registered(client, name="Ada")
    registered(client, name="Bob", attributes={"size": 3})
    text = exported(client, "/v1/customers?fields=attributes.size,name&sort=name", "text/csv")
    assert text == "attributes.size,name\r\n,Ada\r\n3,Bob\r\n"
    assert exported(client, "/v1/customers?fields=name&sort=name", "application/x-ndjson").splitlines()[0] == '{"name":"Ada"}'


def test_an_answer_with_other_fields_has_another_etag(client: Client) -> None:
    customer = registered(client)
    seen(client, customer)
    tag = client.get(f"{customer}?fields=name").headers["ETag"]
    assert client.get(f"{customer}?fields=name", headers={"If-None-Match": tag}).status_code == 304
    assert client.get(f"{customer}?fields=id", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("wrong", ["nickname", "name,nickname", "source_channel,", "search_name", "state"])
def test_an_unknown_field_is_refused_with_a_list_of_the_known_ones(client: Client, wrong: str) -> None:
    answer = client.get("/v1/customers", params={"fields": wrong})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["parameter"]) == (422, "fields")
    assert "contact_methods, " in error["detail"]


def test_naming_a_hidden_field_does_not_show_it(client: Client, key_for: KeyFor) -> None:
    customer = registered(client, name="Ada", attributes={"wish": "secret", "income": 5})
    lead = captured(client)
    seen(client, lead)
    analyst = key_for("analyst")
    asked = "id,name,contact_methods.value,attributes.wish,attributes.income"
    for path in (customer, "/v1/customers"):
        answer = client.get(path, params={"fields": asked}, headers=analyst)
        assert answer.status_code == 200
        assert not {"Ada", "secret", "example.com"} & set(re.findall(r"[\w.]+", answer.text))
        assert '"income":5' in answer.text
    assert client.get(lead, params={"fields": "private.contact"}, headers=analyst).json() == {}
    table = exported(client, f"/v1/customers?fields={asked}", "text/csv", headers=analyst)
    assert [row["attributes.income"] for row in rows(table)] == ["5"]
    assert "secret" not in table


@pytest.fixture(scope="module")
def answers(world: World) -> dict[str, Any]:
    """The answers of all routes that have the `fields` parameter and no path parameter, by path."""
    everything_happened(world.client)
    captured(world.client)
    opened(world.client, registered(world.client))
    paths: dict[str, dict[str, Any]] = world.app.openapi()["paths"]
    asked = (path for path, operations in paths.items() if "{" not in path and _offers_fields(operations.get("get", {})))
    return {path: world.client.get(path, params={"after": world.head()}) for path in asked}


def _offers_fields(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == picking.NAME for parameter in operation.get("parameters", ()))


def test_every_field_of_every_row_can_be_named(world: World, answers: dict[str, Any]) -> None:
    paths = world.app.openapi()["paths"]
    assert len(answers) > 30
    for path, answer in answers.items():
        known = picking.row_schema(paths[path]["get"]["responses"])
        assert known is not None
        if answer.status_code == 200:
            body = answer.json()
            found = {name for row in body.get("items", body.get("groups", ())) for name in row}
            assert found <= known["properties"].keys(), (path, found - known["properties"].keys())


def test_every_field_of_one_resource_can_be_named(world: World, answers: dict[str, Any]) -> None:
    paths = world.app.openapi()["paths"]
    for path, answer in answers.items():
        one = f"{path}/{{id}}"
        if one in paths and answer.status_code == 200:
            known = picking.row_schema(paths[one]["get"]["responses"])
            assert known is not None
            for item in answer.json()["items"][-3:]:
                found = world.client.get(f"{path}/{item['id']}").json().keys()
                assert found <= known["properties"].keys(), (path, found - known["properties"].keys())


def test_every_route_with_the_fields_parameter_refuses_an_unknown_field(world: World, answers: dict[str, Any]) -> None:
    for path, answer in answers.items():
        if answer.status_code == 200:
            refused = world.client.get(path, params={"fields": "no such field"})
            assert (path, refused.status_code) == (path, 422)


def test_a_nested_field_has_a_greatest_depth(client: Client) -> None:
    for steps, status in ((64, 200), (65, 422), (900, 422)):
        answer = client.get("/v1/customers?fields=attributes" + ".a" * (steps - 1))
        assert answer.status_code == status, steps
    assert len(answer.content) < 1_000
