"""Complete lists and reports as CSV and NDJSON."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import head, registered
from tests.api.sales.given_orders import confirmed

MANY = 1100


def exported(client: Client, path: str, form: str, **options: Any) -> str:
    answer = client.get(path, headers={"accept": form, "position": str(head(client))} | options.pop("headers", {}), **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == form
    return answer.text


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@on_both_engines
def test_an_export_contains_all_pages_of_a_list(client: Client) -> None:
    lines = "".join(f'{{"method": "POST", "path": "/v1/customers", "body": {{"name": "C{n}"}}}}\n' for n in range(MANY))
    assert (
        client.request("POST", "/v1/batch", content=lines, headers={"content-type": "application/x-ndjson"}).status_code == 200
    )
    as_csv = rows(exported(client, "/v1/customers?limit=1", "text/csv"))
    as_ndjson = [msgspec.json.decode(line) for line in exported(client, "/v1/customers", "application/x-ndjson").splitlines()]
    assert {row["name"] for row in as_csv} == {item["name"] for item in as_ndjson} == {f"C{n}" for n in range(MANY)}
    assert [row["id"] for row in as_csv] == [item["id"] for item in as_ndjson]
    assert len(as_csv) == MANY


@on_both_engines
def test_nested_values_are_columns_and_missing_values_are_empty(client: Client) -> None:
    registered(client, name='王 "小", Ada\nLovelace', attributes={"size": 3, "vip": True})
    registered(client, name="Bob", attributes={"income": 5.5})
    bob, ada = rows(exported(client, "/v1/customers", "text/csv"))
    assert ada["name"] == '王 "小", Ada\nLovelace'
    assert (ada["attributes.size"], ada["attributes.vip"], ada["attributes.income"]) == ("3", "true", "")
    assert (bob["attributes.size"], bob["attributes.vip"], bob["attributes.income"]) == ("", "", "5.5")
    assert bob["tags"] == "[]"


def test_filters_apply_to_exports_too(client: Client) -> None:
    registered(client, name="Ada", owner="u-1")
    registered(client, name="Bob", owner="u-2")
    assert [row["name"] for row in rows(exported(client, "/v1/customers?owner=u-2", "text/csv"))] == ["Bob"]


def test_the_export_of_a_report_is_its_groups(client: Client) -> None:
    confirmed(client)
    (row,) = rows(exported(client, "/v1/reports/channel-sales", "text/csv"))
    assert (row["channel"], row["orders"], row["average_order.denominator"]) == ("web", "1", "1")


def test_the_export_of_an_empty_list_has_no_rows(client: Client) -> None:
    assert rows(exported(client, "/v1/orders", "text/csv")) == []
    assert exported(client, "/v1/orders", "application/x-ndjson") == ""


def test_an_analyst_sees_numbers_but_no_texts_of_a_customer(client: Client, key_for: KeyFor) -> None:
    registered(client, name="Ada", attributes={"wish": "secret", "income": 5})
    text = exported(client, "/v1/customers", "text/csv", headers=key_for("analyst"))
    assert [row["attributes.income"] for row in rows(text)] == ["5"]
    assert "secret" not in text
    assert "Ada" not in text


@pytest.mark.parametrize("cursor", ["nonsense", "bm9uc2Vuc2U="])
def test_an_invalid_query_is_a_problem_and_not_half_a_file(client: Client, cursor: str) -> None:
    answer = client.get(f"/v1/customers?cursor={cursor}", headers={"accept": "text/csv"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-cursor")
