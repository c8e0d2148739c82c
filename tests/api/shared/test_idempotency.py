"""An Idempotency-Key covers what a request means, not how it is written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st
from starlette.types import Message

from api.shared.fingerprint import meaning
from api.shared.strict import StrictRequest
from domain.shared.text import composed
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import registered, seen
from tests.api.given_marks import files_with, tables_with
from tests.api.marketing.given_campaigns import planned

JSON = {"Content-Type": "application/json"}
BODY = b'{"name": "Ada L\xc3\xb3pez", "attributes": {"size": 12, "vip": true, "share": 0.5}}'


def sent(client: Client, path: str, body: bytes | None, method: str = "POST", **headers: str) -> httpx.Response:
    return client.request(method, path, content=body, headers={**JSON, "Idempotency-Key": "k-1", **headers})


def reused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["type"]) == (422, "/problems/key-reused")


@pytest.mark.parametrize(
    "again",
    [
        BODY,
        b'{"attributes": {"vip": true, "share": 0.5, "size": 12}, "name": "Ada L\xc3\xb3pez"}',
        b'\n{ "name" : "Ada L\\u00f3pez",\t"attributes" : { "size" : 12.0, "vip" : true, "share" : 5e-1 } }\n',
        b'{"attributes": {"share": 0.50, "size": 1.2e1, "vip": true}, "n\\u0061me": "\\u0041da L\xc3\xb3pez"}',
        b"\xef\xbb\xbf" + BODY,
    ],
)
def test_the_same_json_in_another_form_is_the_same_request(client: Client, again: bytes) -> None:
    first, repeat = sent(client, "/v1/customers", BODY), sent(client, "/v1/customers", again)
    assert (repeat.status_code, repeat.content) == (201, first.content)
    assert len(seen(client, "/v1/customers")["items"]) == 1


@pytest.mark.parametrize(
    "other",
    [
        BODY.replace(b"12", b"13"),
        BODY.replace(b"12", b'"12"'),
        BODY.replace(b"true", b"1"),
        BODY.replace(b"0.5", b"0.25"),
        BODY.replace(b"Ada", b"ada"),
        BODY.replace(b"}}", b'}, "owner": null}'),
        BODY.replace(b"}}", b'}, "on_behalf_of": "agent-7"}'),
        None,
    ],
)
def test_another_body_is_another_request(client: Client, other: bytes | None) -> None:
    sent(client, "/v1/customers", BODY)
    again = sent(client, "/v1/customers", other)
    assert reused(again) if other else again.status_code == 422


def test_the_order_of_a_list_is_part_of_its_meaning(client: Client) -> None:
    path = registered(client)
    assert sent(client, f"{path}/tags", b'{"tags": ["a", "b"]}').status_code == 200
    assert reused(sent(client, f"{path}/tags", b'{"tags": ["b", "a"]}'))


def test_method_path_and_conditions_are_part_of_the_request(client: Client) -> None:
    path = registered(client)
    body = b'{"name": "Grace"}'
    assert sent(client, path, body, "PATCH", **{"If-Match": '"1"'}).status_code == 200
    assert reused(sent(client, path, body, "PATCH"))
    assert reused(sent(client, path, body, "PATCH", **{"If-Match": "*"}))
    assert reused(sent(client, path, body, "PATCH", **{"If-None-Match": '"1"'}))
    assert reused(sent(client, "/v1/customers", body))
    assert reused(sent(client, "/v1/customers/by/shop/1", body, "PUT"))
    again = sent(client, path, body, "PATCH", **{"If-Match": ' "1" '})
    assert (again.status_code, again.headers["ETag"]) == (200, '"2"')


def test_a_path_is_the_same_in_every_spelling(client: Client) -> None:
    first = sent(client, "/v1/customers/by/shop/a%2Fb", b'{"name": "Ada"}', "PUT")
    again = sent(client, "/v1/customers/by/sh%6Fp/a/b", b'{"name": "Ada"}', "PUT")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)


def test_an_empty_body_and_an_empty_object_are_not_the_same(client: Client) -> None:
    path = registered(client)
    assert sent(client, f"{path}/archival", None).status_code == 200
    assert reused(sent(client, f"{path}/archival", b"{}"))


def test_a_line_of_a_batch_is_covered_by_its_meaning(client: Client) -> None:
    headers = {"content-type": "application/x-ndjson", "Idempotency-Key": "b-1"}

    def batch(text: str) -> Any:
        return json.loads(client.request("POST", "/v1/batch", content=text, headers=headers).content)

    first = batch('{"method": "POST", "path": "/v1/customers", "body": {"name": "Ada", "kind": "person"}}')
    again = batch('{"body": {"kind":"person", "name":"\\u0041da"}, "path": "/v1/c%75stomers", "method": "POST"}')
    assert (first["status"], again) == (201, first)
    other = batch('{"method": "POST", "path": "/v1/customers", "body": {"name": "Ada"}}')
    assert other["body"]["type"] == "/problems/key-reused"


def test_two_keys_are_malformed(client: Client) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = client.request("POST", "/v1/customers", json={"name": "Ada"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-idempotency-key")


NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8).map(composed),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc:.1e", max_size=3), inner, max_size=3),
    max_leaves=8,
)
QUERY = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "1", "é"])), max_size=3)


def _meaning(value: Any, *, query: Sequence[tuple[str, str]] = (), **form: Any) -> bytes:
    body = json.dumps(value, **form).encode()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    text = urlencode(query).encode()
    app = SimpleNamespace(state=SimpleNamespace(settings=SimpleNamespace(body_limit=1_000_000)))
    scope = {"type": "http", "method": "POST", "path": "/v1/x", "query_string": text, "app": app}
    request = StrictRequest({**scope, "headers": [(b"content-type", b"application/json")]}, receive)
    return asyncio.run(meaning(request))


def _turned(value: Any) -> Any:
    """The same value in another form: names in the opposite order, whole numbers with a point."""
    if isinstance(value, dict):
        return {name: _turned(part) for name, part in reversed(value.items())}
    if isinstance(value, list):
        return [_turned(part) for part in value]
    exact = type(value) is int and abs(value) < 2**53
    return float(value) if exact else value


@runs(deadline=None)
@given(VALUES, QUERY)
def test_the_meaning_depends_on_the_values_alone(value: Any, query: list[tuple[str, str]]) -> None:
    assert _meaning(value) == _meaning(_turned(value), indent=2, ensure_ascii=False)
    assert _meaning(value, query=query) == _meaning(value, query=query[::-1])


def _kinds(value: Any) -> Any:
    """The value with the kind of each part, so that true is not 1. Python compares the numbers: 1.0 is 1."""
    if isinstance(value, dict):
        return {name: _kinds(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_kinds(part) for part in value]
    return (isinstance(value, bool), value)


@runs(deadline=None)
@given(VALUES, VALUES)
def test_two_values_have_one_meaning_only_if_they_are_equal(one: Any, other: Any) -> None:
    assert (_meaning(one) == _meaning(other)) == (_kinds(one) == _kinds(other))


@on_both_engines
def test_no_table_has_an_idempotency_key_because_callers_put_addresses_in_it(client: Client, settings: Settings) -> None:
    campaign = planned(client)
    key = {"Idempotency-Key": "ada@private.example"}
    repeated = [client.post("/v1/customers", {"name": "Ada"}, headers=key) for _ in range(2)]
    assert repeated[0].content == repeated[1].content
    lines = '{"method": "POST", "path": "/v1/customers", "body": {"name": "Bob"}}\n' * 2
    batch = {"content-type": "application/x-ndjson", "Idempotency-Key": "bob@private.example"}
    assert client.request("POST", "/v1/batch", content=lines, headers=batch).text.count('"status":201') == 2
    members = {"members": [{"customer_id": repeated[0].json()["id"]}]}
    assert client.post(f"{campaign}/members", members, headers={"Idempotency-Key": "cid@private.example"}).status_code == 200
    assert tables_with(settings, "private.example") == set()
    assert files_with(settings, "private.example") == set()
