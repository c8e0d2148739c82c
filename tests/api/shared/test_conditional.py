"""If-Match and If-None-Match: a command runs, and a read answers, only for the versions that the request asks for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from api.shared import openapi
from api.shared.conditional import precondition
from tests.api.client import Client
from tests.api.conftest import World
from tests.api.customers.given_customers import head, registered, seen
from tests.api.sales.given_orders import ORDER, TEA, placed
from tests.api.test_batch import sent

VERSIONS = st.integers(0, 6)
TAGS = st.tuples(st.booleans(), VERSIONS, st.sampled_from(["", "-0123456789abcdef", "-x", "x"]))
HEADER = st.none() | st.just("*") | st.lists(TAGS, min_size=1, max_size=4)


def refused(answer: httpx.Response, version: int) -> bool:
    document = answer.json()
    return (answer.status_code, document["type"], document["facts"]) == (
        412,
        "/problems/version-mismatch",
        {"version": str(version)},
    )


def test_any_version_of_a_resource_that_exists_matches_a_star(client: Client) -> None:
    path = registered(client)
    for version in (2, 3):
        answer = client.patch(path, {"name": f"Ada {version}"}, headers={"If-Match": "*"})
        assert (answer.status_code, answer.headers["ETag"]) == (200, f'"{version}"')


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/customers/by/shop/1", {"name": "Ada"}),
        ("PUT", "/v1/orders/by/shop/1", ORDER),
        ("PUT", "/v1/channels/web", {"name": "Web", "kind": "web"}),
        ("PATCH", f"/v1/customers/{UUID(int=7)}", {"name": "Ada"}),
        ("POST", f"/v1/orders/{UUID(int=7)}/confirmation", None),
        ("POST", "/v1/customers", {"name": "Ada"}),
    ],
)
@pytest.mark.parametrize("tag", ["*", '"1"', '"0"', '"1", "2"'])
def test_nothing_matches_a_resource_that_does_not_exist(client: Client, method: str, path: str, body: Any, tag: str) -> None:
    before = head(client)
    assert refused(client.request(method, path, json=body, headers={"If-Match": tag}), 0)
    assert head(client) == before


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        ("/v1/customers/by/shop/1", {"name": "Ada"}, {"name": "Grace"}),
        ("/v1/orders/by/shop/1", ORDER, ORDER | {"lines": [TEA]}),
        ("/v1/channels/web", {"name": "Web", "kind": "web"}, {"name": "Shop", "kind": "web"}),
        ("/v1/teams/north", {"name": "North"}, {"name": "South"}),
    ],
)
def test_with_a_star_a_command_creates_and_changes_nothing(client: Client, path: str, body: Any, other: Any) -> None:
    new = {"If-None-Match": "*"}
    made = client.put(path, body, headers=new)
    assert made.status_code == 201, made.text
    version = int(made.headers["ETag"].strip('"'))
    before = head(client)
    for again in (body, other):
        assert refused(client.put(path, again, headers=new), version)
    assert head(client) == before
    assert client.put(path, body).status_code == 200


def test_a_command_that_only_creates_is_repeated_with_its_key(client: Client) -> None:
    headers = {"If-None-Match": "*", "Idempotency-Key": "once"}
    first, again = (client.put("/v1/customers/by/shop/1", {"name": "Ada"}, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())


def test_one_of_several_versions_is_enough(client: Client) -> None:
    path = registered(client)
    assert client.patch(path, {"name": "a"}, headers={"If-Match": '"7", "1"'}).status_code == 200
    assert refused(client.patch(path, {"name": "b"}, headers={"If-Match": '"7","1"'}), 2)
    both = [("If-Match", '"7"'), ("If-Match", '"2"')]
    assert client.request("PATCH", path, json={"name": "b"}, headers=both).status_code == 200
    assert refused(client.patch(path, {"name": "c"}, headers={"If-None-Match": '"7", W/"3"'}), 3)
    assert client.patch(path, {"name": "c"}, headers={"If-None-Match": '"7", "2"'}).status_code == 200


@given(HEADER, HEADER, VERSIONS)
def test_a_condition_is_met_as_rfc_9110_defines_it(match: Any, none_match: Any, version: int) -> None:
    """Strong comparison for If-Match, weak for If-None-Match; a star means that there is a resource; version 0 means none."""

    def text(tags: Any) -> bytes:
        return b"*" if tags == "*" else ", ".join(f'{"W/" * weak}"{v}{rest}"' for weak, v, rest in tags).encode()

    def has(tags: Any, *, weak: bool) -> bool:
        if tags == "*" or version == 0:
            return version > 0
        return any(v == version and rest in ("", "-0123456789abcdef") and (weak or not w) for w, v, rest in tags)

    stated = {b"if-match": match, b"if-none-match": none_match}
    headers = [(name, text(tags)) for name, tags in stated.items() if tags is not None]
    found = precondition(Request({"type": "http", "headers": headers}))
    assert (found is None) == (not headers)
    if found is not None:
        assert found.met_by(version) == (
            (match is None or has(match, weak=False)) and not (none_match is not None and has(none_match, weak=True))
        )


def test_a_read_answers_by_its_conditions(client: Client) -> None:
    for path in (registered(client), placed(client)):
        seen(client, path)
        tag = client.get(path).headers["ETag"]
        for unchanged in ("*", tag, f"W/{tag}", f'"x", {tag}'):
            assert client.get(path, headers={"If-None-Match": unchanged}).status_code == 304, unchanged
        for changed in ('"1"', '"1-0123456789abcdef"', '"2"', '""'):
            assert client.get(path, headers={"If-None-Match": changed}).status_code == 200, changed
        for current in ("*", tag, '"1"', f'"7", {tag}'):
            assert client.get(path, headers={"If-Match": current}).status_code == 200, current
        for other in (f"W/{tag}", '"2"', '"1-0123456789abcdef"'):
            assert refused(client.get(path, headers={"If-Match": other}), 1), other
    assert client.get(f"/v1/customers/{UUID(int=7)}", headers={"If-None-Match": "*"}).status_code == 404


def test_the_lines_of_a_batch_have_conditions_too(client: Client) -> None:
    line = {"method": "PUT", "path": "/v1/customers/by/shop/1", "body": {"name": "Ada"}}
    answers = sent(client, line | {"if_match": "*"}, *[line | {"if_none_match": "*"}] * 2, line | {"if_match": "*"})
    assert [answer["status"] for answer in answers] == [412, 201, 412, 200]


@pytest.mark.parametrize("condition", [{"If-Match": "*"}, {"If-Match": '"1"'}, {"If-None-Match": "*"}])
def test_many_commands_have_no_version(world: World, customer: str, condition: dict[str, str]) -> None:
    campaign = world.client.post("/v1/campaigns", {"name": "Spring"}).headers["Location"]
    ids = [{"customer_id": customer.rsplit("/", 1)[-1]}]
    selection = {"filter": {}, "then": {"path": "archival"}}
    many = {f"{campaign}/members": {"members": ids}, "/v1/customers/select": selection}
    rebuilt = {"/v1/operations/rebuilds": {"projection": "orders"}}
    for path, body in (many | rebuilt).items():
        answer = world.client.post(path, body, headers=condition)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-if-match"), path
    lines, files = b"{}", {"mapping": b"", "file": b""}
    for answer in (
        world.client.request("POST", "/v1/batch", content=lines, headers=condition | {"content-type": "application/x-ndjson"}),
        world.client.request("POST", "/v1/imports", files=files, headers=condition),
    ):
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-if-match")


def test_openapi_names_conditions_only_where_a_version_can_have_them(world: World) -> None:
    for path, operations in openapi.document(world.app)["paths"].items():
        for method, operation in operations.items():
            named = {one["name"] for one in operation["parameters"]} & {"If-Match", "If-None-Match"}
            versioned = any("ETag" in answer.get("headers", ()) for answer in operation["responses"].values())
            assert bool(named) == versioned, (method, path)
