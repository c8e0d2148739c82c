"""Invalid ids, headers and queries: each is answered with a problem document, and nothing is written."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode as b64encode
from uuid import uuid4

import httpx
import pytest

from tests.api.conftest import World
from tests.api.shared.bad_input import problem

LISTS = ("/v1/customers", "/v1/orders")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("kind", ["customers", "orders", "keys"])
@pytest.mark.parametrize("id", ["1", "x" * 5000, "..%2f..%2fetc", "%F0%9F%98%80", "null"])
def test_a_malformed_id_is_refused(world: World, kind: str, id: str) -> None:
    action = {"customers": "archival", "orders": "confirmation", "keys": "revocation"}[kind]
    assert problem(world.client.post(f"/v1/{kind}/{id}/{action}"))[0] in (404, 422)
    if kind != "keys":
        assert problem(world.client.get(f"/v1/{kind}/{id}"))[0] in (404, 422)
        assert problem(world.client.get(f"/v1/{kind}/{id}/history"))[0] in (404, 422)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("wrong", ["%00", "a%00b", "%0a", "%0a%0d", "%ff%fe", "Zo%eb", "%ed%a0%80", "a%1bb", "a%7f", "%c2%85"])
@pytest.mark.parametrize(
    "path",
    ["customers/{}", "orders/{}/history", "customers/by/{}/1", "customers/by/shop/{}", "tickets/by/shop/a/{}", "teams/{}"],
)
def test_a_name_in_a_path_that_is_not_printable_is_malformed(world: World, path: str, wrong: str) -> None:
    assert problem(world.client.get(f"/v1/{path.format(wrong)}")) == (400, "malformed-request")
    assert problem(world.client.put(f"/v1/{path.format(wrong)}", {"name": "Ada"}))[0] in (400, 405)


@pytest.mark.parametrize("end", ["%0a", "%0d", "%00", "%ff"])
def test_a_path_with_a_control_character_at_its_end_is_not_the_path_without_it(world: World, end: str) -> None:
    assert problem(world.client.get(f"/v1/customers{end}")) == (404, "nothing-here")


def test_two_names_that_are_not_valid_do_not_meet_in_one_customer(world: World) -> None:
    for name in ("%ff", "%fe", "caf%e9"):
        assert problem(world.client.put(f"/v1/customers/by/shop/{name}", {"name": "Ada"})) == (400, "malformed-request")
    assert world.client.put("/v1/customers/by/shop/%EF%BF%BD", {"name": "Ada"}).status_code == 201


@pytest.mark.usefixtures("unchanged")
def test_an_unknown_id_is_not_found(world: World) -> None:
    for path in ("customers", "orders"):
        assert problem(world.client.get(f"/v1/{path}/{uuid4()}")) == (404, "not-there")
        assert problem(world.client.get(f"/v1/{path}/{uuid4()}/history")) == (404, "not-there")
    assert problem(world.client.post(f"/v1/keys/{uuid4()}/revocation")) == (404, "not-there")


@pytest.mark.usefixtures("unchanged")
def test_an_id_of_another_kind_is_not_found(world: World, customer: str, order: str) -> None:
    customer_id, order_id = customer.rsplit("/", 1)[-1], order.rsplit("/", 1)[-1]
    for path in (f"/v1/customers/{order_id}", f"/v1/orders/{customer_id}"):
        for question in ("", "/history", "?version=1", "?as_of=1"):
            assert problem(world.client.get(path + question)) == (404, "not-there")
    assert problem(world.client.post(f"/v1/customers/{order_id}/archival")) == (404, "not-there")
    assert problem(world.client.post(f"/v1/orders/{customer_id}/confirmation")) == (404, "not-there")
    assert problem(world.client.post(f"/v1/keys/{customer_id}/revocation")) == (404, "not-there")
    erasure = {"reason": "requested", "requested_by": "customer"}
    assert problem(world.client.post(f"/v1/customers/{order_id}/erasure", erasure)) == (404, "not-there")
    assert problem(world.client.put(f"{order}/customer", {"customer_id": order_id}))[0] == 404


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("system", [" ", "-a", "x" * 65, "%F0%9F%98%80"])
def test_a_malformed_system_code_is_refused(world: World, system: str) -> None:
    path = f"/v1/customers/by/{system}/1"
    assert problem(world.client.put(path, {"name": "Ada"}))[0] == 422
    assert problem(world.client.get(path))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("external", ["x" * 256, "%20", "%E3%80%80"])
def test_an_external_id_that_is_blank_or_too_long_is_refused(world: World, external: str) -> None:
    path = f"/v1/customers/by/shop/{external}"
    assert problem(world.client.put(path, {"name": "Ada"}))[0] in (404, 422)
    assert problem(world.client.get(path))[0] in (404, 422)


@pytest.mark.parametrize("external", ["gid://shopify/Customer/1", "a%2Fb", "100%25", "?", "王", "a b", "a/../b/", "history"])
def test_an_external_id_may_look_like_anything_else(world: World, external: str) -> None:
    path = f"/v1/customers/by/shop/{external.replace('?', '%3F')}"
    made = world.client.put(path, {"name": "Ada"})
    assert made.status_code == 201
    seen = world.client.get(path, params={"after": made.headers["Position"]})
    assert seen.json()["id"] == made.json()["id"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize(
    "tags", ["1", '"1', '1"', 'w/"1"', "W/1", '"1" "2"', '"1";"2"', '*, "1"', '"1", *', "**", "\xb2", "", ",", '"a b"']
)
def test_a_malformed_condition_is_refused(world: World, customer: str, header: str, tags: str) -> None:
    sent = {header: tags.encode("latin-1")}
    refusal = (400, f"malformed-{header.lower()}")
    assert problem(world.client.patch(customer, {"name": "Grace"}, headers=sent)) == refusal
    assert problem(world.client.get(customer, headers=sent | {"Position": str(world.head())})) == refusal
    assert problem(world.client.post("/v1/customers", {"name": "Grace"}, headers=sent)) == refusal


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("version", ['"0"', '"999999999"', '"x"', '"-1"', 'W/"1"', '"' + "9" * 30 + '"', '""', '"\u0661"'])
def test_a_version_that_is_not_the_current_one_is_refused(world: World, customer: str, version: str) -> None:
    assert problem(world.client.patch(customer, {"name": "Grace"}, headers={"If-Match": version.encode()}))[0] == 412


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel", "a\tb"])
def test_a_malformed_idempotency_key_is_refused(world: World, customer: str, key: str) -> None:
    answer = world.client.patch(customer, {"name": "Grace"}, headers={"Idempotency-Key": key.encode("latin-1")})
    assert problem(answer) == (400, "malformed-idempotency-key")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "====", "bnVsbA==", "W10=", "e30=", "WyJwb3NpdGlvbiIsMSwxXQ==", "WyJuYW1lIixudWxsLG51bGxd", "😀"],
)
def test_a_malformed_cursor_is_refused(world: World, cursor: str) -> None:
    for path in LISTS:
        assert problem(world.client.get(path, params={"cursor": cursor})) == (400, "malformed-cursor")
    assert problem(world.client.get("/v1/events", params={"cursor": cursor}))[0] == 422


@pytest.mark.usefixtures("unchanged")
def test_a_cursor_that_is_too_long_does_not_fit(world: World) -> None:
    assert problem(world.client.get("/v1/customers", params={"cursor": "A" * 2001}))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00", "9999-12-31T23:59:60Z"]
)
@pytest.mark.parametrize(
    ("path", "key"),
    [("/v1/customers", "-customers.registered_at"), ("/v1/orders", "-orders.placed_at"), ("/v1/tasks", "tasks.due")],
)
def test_a_cursor_with_an_instant_outside_the_calendar_is_malformed(world: World, path: str, key: str, at: str) -> None:
    cursor = b64encode(json.dumps((key, at, str(uuid4()))).encode()).decode()
    question = {"cursor": cursor, "sort": key.replace(key.removeprefix("-").partition(".")[0] + ".", "")}
    assert problem(world.client.get(path, params=question)) == (400, "malformed-cursor")


@pytest.mark.usefixtures("unchanged")
def test_a_cursor_of_another_order_is_refused(world: World, customer: str) -> None:
    world.client.get("/v1/customers", params={"after": world.head()})
    first = world.client.get("/v1/customers", params={"limit": 1, "sort": "position"}).json()["next"]
    assert first is not None
    cursor = httpx.URL(first).params["cursor"]
    assert problem(world.client.get("/v1/customers", params={"cursor": cursor, "sort": "registered_at"}))[0] == 400
    assert problem(world.client.get("/v1/customers", params={"cursor": cursor, "sort": "-position"}))[0] == 400
    assert problem(world.client.get("/v1/orders", params={"cursor": cursor, "sort": "position"}))[0] == 400


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=501",
        "limit=" + "9" * 30,
        "limit=1e2",
        "limit=",
        "limit=%00",
        "after=-1",
        "after=9223372036854775808",
        "after=x",
        "sort=nickname",
        "sort=%00",
        "owner=%00",
        "tag=a%00",
    ],
)
def test_an_invalid_query_of_a_list_is_refused(world: World, query: str) -> None:
    for path in LISTS:
        assert problem(world.client.get(f"{path}?{query}"))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "question",
    [
        "/v1/customers?kind=robot",
        "/v1/customers?archived=perhaps",
        "/v1/customers?q=%00",
        "/v1/customers?q=" + "x" * 201,
        "/v1/customers?registered_from=1899-12-31",
        "/v1/customers?registered_to=9999-12-31",
        "/v1/orders?currency=euro",
        "/v1/orders?customer_id=Ada",
        "/v1/orders?placed_from=2026-02-30",
        "/v1/reports/channel-sales?from=0001-01-01",
        "/v1/reports/channel-sales?by=hour",
        "/v1/reports/channel-sales?by=day&by=week",
        "/v1/reports/channel-sales?channel=%00",
        "/v1/events?limit=501",
        "/v1/events?upto=9223372036854775808",
        "/v1/events?actor=%00",
        "/v1/events?irregular=Upper",
        "/v1/events?subject=Ada",
        "/v1/events?" + "&".join(["type=a"] * 51),
        "/v1/events/0",
        "/v1/events/9223372036854775808",
    ],
)
def test_any_other_invalid_query_is_refused(world: World, question: str) -> None:
    assert problem(world.client.get(question))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "question",
    ["version=0", "version=x", "version=2147483648", "as_of=yesterday", "as_of=2026-01-01", "as_of=-1", "as_of=%00", "as_of=٣"],
)
def test_a_malformed_version_or_moment_is_refused(world: World, customer: str, order: str, question: str) -> None:
    for path in (customer, order):
        assert problem(world.client.get(f"{path}?{question}"))[0] == 422
