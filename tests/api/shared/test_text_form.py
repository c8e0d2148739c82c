"""One text, one form: a text in any form is the same in paths, queries and bodies, on the real routes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import World

FORMS = ["größe", "gro\u0308ße", " größe", "gro\u0308ße ", "\u3000größe\u00a0"]
"""The same text in several forms: composed, decomposed, with blanks around it."""


def each(forms: list[str] = FORMS) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("form", forms, ids=map(ascii, forms))


def seen(world: World, path: str, **asked: str) -> Any:
    answer = world.client.get(path, params={**asked, "after": str(world.head())})
    assert answer.status_code == 200, answer.text
    return answer.json()


@each(["x1", "x1 ", " x1", "\u3000x1\u00a0"])
def test_an_external_id_in_any_form_is_one_customer(world: World, form: str) -> None:
    made = world.client.put(f"/v1/customers/by/shop/{quote(form)}", {"name": "Ada"})
    first = world.client.put("/v1/customers/by/shop/x1", {"name": "Ada"})
    assert made.json()["id"] == first.json()["id"]
    shown = seen(world, f"/v1/customers/by/shop/{quote(form)}")
    assert (shown["id"], shown["external_ids"]) == (made.json()["id"], [{"system": "shop", "id": "x1"}])


@each()
def test_an_external_id_of_letters_in_any_form_is_one_order(world: World, form: str) -> None:
    order = {"number": "1", "channel": "web", "currency": "EUR", "lines": []}
    line = {"line_id": form, "name": form, "quantity": "1", "unit_price": "1.00", "sku": form}
    path = f"/v1/orders/by/{quote(form)}/{quote(form)}"
    made = world.client.put(path, order | {"lines": [line]})
    assert made.status_code in (200, 201), made.text
    shown = seen(world, "/v1/orders/by/größe/größe")
    assert shown["id"] == made.json()["id"]
    assert {shown["lines"][0][name] for name in ("line_id", "name", "sku")} == {"größe"}


@each()
def test_a_code_in_any_form_is_one_team(world: World, form: str) -> None:
    made = world.client.put(f"/v1/teams/{quote(form)}", {"name": form})
    assert made.status_code in (200, 201), made.text
    assert seen(world, "/v1/teams/größe")["name"] == "größe"


@each()
def test_a_tag_in_any_form_finds_and_removes_the_same_tag(world: World, form: str) -> None:
    customer = world.client.post("/v1/customers", {"name": "Ada", "owner": form}).headers["Location"]
    assert world.client.post(f"{customer}/tags", {"tags": [form]}).status_code == 200
    id = customer.rsplit("/", 1)[-1]
    for other in FORMS:
        assert id in [row["id"] for row in seen(world, "/v1/customers", tag=other, owner=other)["items"]]
    assert world.client.post(f"{customer}/tags/removal", {"tags": [form]}).status_code == 200
    assert seen(world, customer)["tags"] == []


@each()
def test_an_attribute_in_any_form_is_the_same_attribute(world: World, form: str) -> None:
    customer = world.client.post("/v1/customers", {"name": "Ada", "attributes": {"größe": "größe"}}).headers["Location"]
    before = seen(world, customer)["version"]
    assert world.client.patch(f"{customer}/attributes", {"attributes": {form: form}}).status_code == 200
    assert (seen(world, customer)["version"], seen(world, customer)["attributes"]) == (before, {"größe": "größe"})
    assert world.client.patch(f"{customer}/attributes", {"attributes": {form: None}}).status_code == 200
    assert seen(world, customer)["attributes"] == {}


@each()
def test_a_choice_in_any_form_is_accepted(world: World, form: str) -> None:
    field = f"/v1/field-definitions/customer/{quote(form)}"
    defined = world.client.put(field, {"kind": "choice", "name": "Size", "options": ["größe"]})
    assert defined.status_code in (200, 201), defined.text
    assert world.client.post("/v1/customers", {"name": "Ada", "attributes": {form: form}}).status_code == 201
    assert world.client.post("/v1/customers", {"name": "Ada", "attributes": {form: "klein"}}).status_code == 422
    assert world.client.post(f"{field}/retirement").status_code == 200


@each()
def test_a_rule_reads_the_attribute_in_any_form(world: World, form: str) -> None:
    key = f"attribute:{form}"
    rule = {
        "op": "and",
        "of": [{"op": "not", "of": {"op": "is_null", "feature": key}}, {"op": "in", "feature": key, "values": [7]}],
    }
    made = world.client.post("/v1/segment-rules", {"name": form, "priority": 1, "rule": rule})
    shown = seen(world, made.headers["Location"])
    assert shown["name"] == "größe"
    assert shown["rule"]["of"][1]["feature"] == shown["rule"]["of"][0]["of"]["feature"] == "attribute:größe"


@pytest.mark.parametrize("note", ["one\r\ntwo", "one\rtwo", "one\ntwo", "\r\none\r\ntwo\r\n"])
def test_every_end_of_a_line_is_the_same(world: World, note: str) -> None:
    customer = world.client.post("/v1/customers", {"name": "Ada", "attributes": {"note": note}})
    assert seen(world, customer.headers["Location"])["attributes"] == {"note": "one\ntwo"}


@pytest.mark.parametrize(
    "query", ["owner=%ff", "owner=Zo%eb", "tag=%ed%a0%80", "owner=a%00", "tag=%1b", "owner=%c2%85", "%ff=1"]
)
def test_a_query_that_is_not_printable_does_not_fit(world: World, query: str) -> None:
    answer = world.client.get(f"/v1/customers?archived=false&{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/does-not-fit")
    [error] = answer.json()["errors"]
    assert error["parameter"] == ("\ufffd" if query == "%ff=1" else query.partition("=")[0])


def test_the_link_to_the_next_page_asks_for_the_same_rows(world: World) -> None:
    for name in ("Ada", "Bob"):
        world.client.post("/v1/customers", {"name": name, "owner": "zoë.co"})
    first = seen(world, "/v1/customers", owner=" zoe\u0308.co ", limit="1")
    assert len(first["items"]) == 1
    assert len(world.client.get(first["next"]).json()["items"]) == 1


def test_the_lines_of_a_batch_have_the_same_form(world: World) -> None:
    lines = [
        b'{"method": "PUT", "path": "/v1/customers/by/batch/x1", "body": {"name": "Zo\xc3\xab"}}',
        b'{"method": "PUT", "path": "/v1/customers/by/batch/%20x1%E3%80%80", "body": {"name": " Zoe\xcc\x88 "}}',
        b'{"method": "PUT", "path": "/v1/customers/by/batch/%ff", "body": {"name": "Ada"}}',
        b'{"method": "PUT", "path": "/v1/customers/by/batch/a%0a", "body": {"name": "Ada"}}',
        b'{"method": "PUT", "path": "/v1/customers/by/batch/a\\u0001", "body": {"name": "Ada"}}',
        b'{"method": "PUT", "path": "/v1/customers/by/batch/x1", "body": {"name": "Zo\xeb"}}',
        b'{"method": "PUT", "path": "/v1/customers/by/batch/x1", "body": {"name": "A\\u0001"}}',
    ]
    sent = world.client.request(
        "POST", "/v1/batch", content=b"\n".join(lines), headers={"Content-Type": "application/x-ndjson"}
    )
    answers = [json.loads(line) for line in sent.text.splitlines()]
    assert [answer["status"] for answer in answers] == [201, 200, 400, 400, 400, 422, 422]
    assert answers[0]["body"]["id"] == answers[1]["body"]["id"]
    assert answers[0]["body"]["version"] == answers[1]["body"]["version"]


@each()
def test_a_selection_by_a_filter_in_any_form_finds_the_same(world: World, form: str) -> None:
    id = world.client.post("/v1/customers", {"name": "Ada", "owner": "größe"}).json()["id"]
    world.client.get("/v1/customers", params={"after": str(world.head())})
    asked = {"filter": {"owner": form}, "then": {"method": "POST", "path": "tags", "body": {"tags": [form]}}, "dry_run": True}
    assert id in world.client.post("/v1/customers/select", asked).json()["ids"]


@each()
def test_a_saved_view_keeps_its_filters_in_one_form(world: World, form: str) -> None:
    view = {"name": form, "resource": "customers", "filters": {"tag": form}}
    shown = seen(world, world.client.post("/v1/saved-views", view).headers["Location"])
    assert (shown["name"], shown["filters"]) == ("größe", {"tag": "größe"})
