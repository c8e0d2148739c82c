"""Complete lists and reports as CSV and NDJSON."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.customers.customer.events import Registered
from tests.api.client import Client
from tests.api.conftest import KeyFor, World, on_both_engines
from tests.api.customers.given_customers import head, registered
from tests.api.sales.given_orders import confirmed
from tests.commands.importing.given_importing import Store

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
def test_objects_with_any_fields_are_one_column_of_json_and_missing_values_are_empty(client: Client) -> None:
    registered(client, name='王 "小", Ada\nLovelace', attributes={"size": 3, "vip": True})
    registered(client, name="Bob", attributes={"income": 5.5})
    bob, ada = rows(exported(client, "/v1/customers", "text/csv"))
    assert ada["name"] == '王 "小", Ada\nLovelace'
    assert [msgspec.json.decode(row["attributes"]) for row in (ada, bob)] == [{"size": 3, "vip": True}, {"income": 5.5}]
    assert (bob["tags"], bob["owner"], bob["last_interaction.id"]) == ("[]", "", "")


def test_a_field_inside_of_such_an_object_is_a_column_if_the_request_names_it(client: Client) -> None:
    registered(client, name="Ada", attributes={"size": 3, "vip": True, "tiny": 0.0000001})
    registered(client, name="Bob", attributes={"income": 5.5, "size": "large"})
    asked = "name,attributes.size,attributes.vip,attributes.tiny,attributes.nothing,contact_methods.kind"
    text = exported(client, f"/v1/customers?sort=name&fields={asked}", "text/csv")
    assert text.splitlines() == [asked, 'Ada,3,true,0.0000001,,"[""email""]"', 'Bob,large,,,,"[""email""]"']


def test_filters_apply_to_exports_too(client: Client) -> None:
    registered(client, name="Ada", owner="u-1")
    registered(client, name="Bob", owner="u-2")
    assert [row["name"] for row in rows(exported(client, "/v1/customers?owner=u-2", "text/csv"))] == ["Bob"]


def test_the_export_of_a_report_is_its_groups(client: Client) -> None:
    confirmed(client)
    (row,) = rows(exported(client, "/v1/reports/channel-sales", "text/csv"))
    wanted = ("group.channel", "measures.orders.value", "measures.average_order.denominator")
    assert [row[name] for name in wanted] == ["web", "1", "1"]


def test_the_export_of_an_empty_list_has_a_header_and_no_rows(client: Client) -> None:
    [header] = exported(client, "/v1/orders", "text/csv").splitlines()
    assert exported(client, "/v1/orders", "application/x-ndjson") == ""
    confirmed(client)
    assert exported(client, "/v1/orders", "text/csv").splitlines()[0] == header
    assert {"number", "total", "attributes", "private"} <= set(header.split(","))


def test_an_analyst_sees_numbers_but_no_texts_of_a_customer(client: Client, key_for: KeyFor) -> None:
    registered(client, name="Ada", attributes={"wish": "secret", "income": 5})
    text = exported(client, "/v1/customers", "text/csv", headers=key_for("analyst"))
    assert [row["attributes"] for row in rows(text)] == ['{"income":5}']
    assert "secret" not in text
    assert "Ada" not in text


@pytest.mark.parametrize("cursor", ["nonsense", "bm9uc2Vuc2U="])
def test_an_invalid_query_is_a_problem_and_not_half_a_file(client: Client, cursor: str) -> None:
    answer = client.get(f"/v1/customers?cursor={cursor}", headers={"accept": "text/csv"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-cursor")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 901820", "'+49 30 901820"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("'=1+1", "''=1+1"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("Ada = Bob", "Ada = Bob"),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(client: Client, name: str, cell: str) -> None:
    registered(client, name=name)
    assert [row["name"] for row in rows(exported(client, "/v1/customers", "text/csv"))] == [cell]
    assert [row["name"] for row in rows(exported(client, "/v1/customers?neutralise=false", "text/csv"))] == [name]
    assert name in exported(client, "/v1/customers", "application/x-ndjson")


def test_texts_of_attributes_get_an_apostrophe_too_and_numbers_never(client: Client) -> None:
    registered(client, name="Ada", attributes={"wish": "=1+1", "debt": -5.5})
    (row,) = rows(exported(client, "/v1/customers?fields=attributes.wish,attributes.debt", "text/csv"))
    assert row == {"attributes.wish": "'=1+1", "attributes.debt": "-5.5"}


def test_negative_numbers_that_are_written_as_texts_stay_numbers(client: Client) -> None:
    campaign = client.put("/v1/campaigns/by/shop/spring", {"name": "-1+2", "currency": "EUR"}).headers["Location"]
    assert client.post(f"{campaign}/spends", {"spend_id": "s-1", "amount": "40.00"}).status_code < 300
    (row,) = rows(exported(client, "/v1/reports/campaign-effect?margin=0.5", "text/csv"))
    assert (row["measures.roi.value"][:2], row["measures.roi.numerator"], row["group.campaign"]) == ("-1", "-40.00", "'-1+2")


def test_a_byte_order_mark_comes_first_if_the_request_wants_one(client: Client) -> None:
    plain = exported(client, "/v1/customers", "text/csv")
    assert exported(client, "/v1/customers?bom=true", "text/csv") == "\ufeff" + plain
    assert exported(client, "/v1/customers?bom=false", "text/csv") == plain
    assert exported(client, "/v1/customers?bom=true", "application/x-ndjson") == ""


@pytest.mark.parametrize("asked", ["bom=maybe", "neutralise=2"])
def test_a_style_that_is_neither_yes_nor_no_is_refused(client: Client, asked: str) -> None:
    assert client.get(f"/v1/customers?{asked}", headers={"accept": "text/csv"}).status_code == 422


def test_the_document_names_the_parameters_of_every_export(world: World) -> None:
    for path, operations in world.app.openapi()["paths"].items():
        for operation in operations.values():
            able = "text/csv" in operation["responses"].get("200", {}).get("content", {})
            named = {parameter["name"] for parameter in operation["parameters"]} & {"bom", "neutralise"}
            assert named == ({"bom", "neutralise"} if able else set()), path


IMPORTING = """
system = "back"
occurred_at = "{registered_at}"
[[make]]
command = "customer.register"
id = "{id}"
[make.facts]
name = "{name}"
attributes = { wish = "{attributes.wish}", size = { number = "{attributes.size}" }, vip = { flag = "{attributes.vip}" } }
"""
NAMES = ["=1+1", "'=1+1", "''", "'s-Hertogenbosch", "-5", "+49 30", "＠x", 'a "b", c', "line\nbreak", "a;b", "@", "Zoë"]


def test_an_export_is_imported_back_unchanged(client: Client, tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        registered(client, name=name, attributes={"wish": name, "size": -number / 7, "vip": number % 2 == 0})
    asked = "id,name,registered_at,attributes.wish,attributes.size,attributes.vip"
    store = Store(tmp_path / "other")
    for more in ("", "&bom=true"):
        report = store.load(IMPORTING, exported(client, f"/v1/customers?fields={asked}{more}", "text/csv"))
        assert report.refusals == []
    found = {event.name: {**event.texts, **event.numbers} for event in store.recorded(Registered)}
    items = client.get("/v1/customers", params={"limit": 100}).json()["items"]
    assert found == {item["name"]: item["attributes"] for item in items}
    assert len(found) == len(NAMES)
    store.close()
