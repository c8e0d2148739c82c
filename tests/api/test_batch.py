"""Many commands in one request, each line on its own."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from fastapi import FastAPI

from api.shared import openapi
from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import registered, seen
from tests.api.sales.given_orders import TEA

Line = dict[str, Any]


def sent(client: Client, *lines: Line | bytes, **headers: str) -> list[Line]:
    """The answers, one for each line."""
    text = b"\n".join(line if isinstance(line, bytes) else msgspec.json.encode(line) for line in lines)
    answer = client.request("POST", "/v1/batch", content=text, headers={"content-type": "application/x-ndjson"} | headers)
    assert answer.status_code == 200, answer.text
    return [msgspec.json.decode(line) for line in answer.content.splitlines()]


def register(name: str, id: object = None) -> Line:
    if id is None:
        return {"method": "POST", "path": "/v1/customers", "body": {"name": name}}
    return {"method": "PUT", "path": f"/v1/customers/by/shop/{id}", "body": {"name": name}}


@on_both_engines
def test_each_line_is_answered_like_a_single_request(client: Client) -> None:
    made, unknown, misfit = sent(
        client,
        register("Ada"),
        {"method": "POST", "path": f"/v1/customers/{uuid4()}/archival"},
        {"method": "POST", "path": "/v1/customers", "body": {"nickname": "Ada"}},
    )
    assert (made["line"], made["status"], made["etag"]) == (1, 201, '"1"')
    assert made["location"] == f"/v1/customers/{made['body']['id']}"
    assert (unknown["line"], unknown["status"], unknown["body"]["type"]) == (2, 404, "/problems/not-there")
    assert (misfit["line"], misfit["status"]) == (3, 422)
    assert [item["name"] for item in seen(client, "/v1/customers")["items"]] == ["Ada"]


@on_both_engines
def test_lines_run_in_order_and_a_refused_line_stops_nothing(client: Client) -> None:
    path = registered(client)
    answers = sent(client, *({"method": "PATCH", "path": path, "body": {"name": f"Ada {n}"}} for n in range(300)))
    assert [answer["body"]["version"] for answer in answers] == list(range(2, 302))
    renamed, refused, last = sent(
        client,
        {"method": "PATCH", "path": path, "body": {"name": "Ada L."}, "if_match": '"301"'},
        {"method": "PATCH", "path": path, "body": {"name": "late"}, "if_match": '"301"'},
        {"method": "POST", "path": f"{path}/tags", "body": {"tags": ["vip"]}},
    )
    assert (renamed["status"], refused["status"], last["status"]) == (200, 412, 200)
    assert seen(client, path)["name"] == "Ada L."


def test_a_line_may_depend_on_the_one_before(client: Client) -> None:
    order = {"channel": "web", "currency": "EUR", "lines": [TEA]}
    (made,) = sent(client, register("Ada", 7))
    answers = sent(
        client,
        {"method": "PUT", "path": "/v1/orders/by/shop/1", "body": order | {"customer_id": made["body"]["id"]}},
        {"method": "PUT", "path": "/v1/orders/by/shop/1", "body": order | {"customer_id": made["body"]["id"]}},
        {"method": "PUT", "path": "/v1/customers/by/shop/7", "body": {"name": "Ada L."}},
    )
    assert [(answer["status"], answer["body"]["version"]) for answer in answers] == [(201, 2), (200, 2), (200, 3)]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'{"method": "GET", "path": "/v1/customers"}',
        b'{"method": "POST", "path": "/v1/batch"}',
        b'{"method": "POST", "path": "/health/live"}',
        b'{"method": "POST", "path": "/v1/customers", "body": {"name": NaN}}',
        b'{"method": "POST", "path": "/v1/customers", "headers": {}}',
        b'{"method": "POST", "path": "/v1/\xc3\xa4"}',
        b'{"method": "POST", "path": "/v1/%ff"}',
        b'{"method": "POST", "path": "/V1/customers", "body": {"name": "a"}}',
        b'{"method": "POST", "path": "//v1/customers", "body": {"name": "a"}}',
        b'{"method": "POST", "path": "/v1/b%61tch"}',
        b'{"method": "POST", "path": "/%76%31/batch"}',
        b'{"method": "POST", "path": "/v1/customers/sel%65ct", "body": {"filter": {}, "then": {"path": "archival"}}}',
        b'{"method": "POST", "path": "/v1/customers/%73elect?after=0", "body": {"filter": {}, "then": {"path": ""}}}',
        b'{"method": "POST", "path": "/v1/tasks/select", "body": {"filter": {}, "then": {"path": "tags"}, "dry_run": true}}',
        b'{"method": "POST", "path": "/v1/imports"}',
        b'{"method": "POST", "path": "/v1/import%73", "body": {}}',
        b'{"method": "POST", "path": "/v1/none", "path": "/v1/customers", "body": {"name": "a"}}',
        b'{"method": "POST", "path": "/v1/customers", "body": {"name": "a:"}, "body": {"name": "b"}}',
        b'{"method": "POST", "path": "/v1/customers", "body": {"name": "a"}, "b\\u006fdy": {"name": "b"}}',
        b'{"method": "POST", "path": "/v1/customers", "body": {"name": "a"}, "if_match": null, "if_match": null}',
        b'\xef\xbb\xbf\xef\xbb\xbf{"method": "POST", "path": "/v1/customers", "body": {"name": "a"}}',
        b'{"method": "POST", "path": "/v1/customers", "if_match": "\xe7\x8e\x8b"}',
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
def test_a_line_that_is_not_a_command_is_a_problem_and_the_others_run(client: Client, line: bytes) -> None:
    bad, good = sent(client, line, register("Ada"))
    assert (bad["line"], bad["status"], bad["body"]["type"]) == (1, 400, "/problems/malformed-line")
    assert (good["line"], good["status"]) == (2, 201)


def test_a_path_is_decoded_as_in_a_single_request(client: Client) -> None:
    lines = [
        {"method": "POST", "path": "/v1/c%75stomers", "body": {"name": "Ada"}},
        {"method": "POST", "path": "/%76%31/customers", "body": {"name": 'Bob: ":" {:}'}},
        {"method": "PUT", "path": "/v1/customers/by/shop/a%2Fb%20%3F", "body": {"name": "Carol"}},
    ]
    assert [answer["status"] for answer in sent(client, *lines)] == [201, 201, 201]
    assert seen(client, "/v1/customers/by/shop/a%2Fb%20%3F")["name"] == "Carol"
    for path in ("/v1/batch/", "/v1//batch", "/v1/BATCH", "/v1/b%2561tch", "/v1/customers/select/", "/v1/customers/Select"):
        (answer,) = sent(client, {"method": "POST", "path": path, "body": {}})
        assert (answer["status"], answer["body"]["status"]) == (client.post(path, {}).status_code, answer["status"]), path
        assert answer["status"] in (404, 405)


def test_every_line_is_answered_with_json(client: Client, app: FastAPI) -> None:
    """Each route that is not a read, in spellings of its path."""
    lines: list[Line] = []
    for template, operations in openapi.document(app)["paths"].items():
        path = re.sub(r"\{\w+\}", "1", template)
        for spelled in (path, re.sub("[aeiou]", lambda match: f"%{ord(match[0]):x}", path)):
            lines += [{"method": m.upper(), "path": spelled, "body": {}} for m in operations if m != "get"]
    answers = sent(client, *lines)
    assert len(answers) == len(lines) > 200
    for answer, line in zip(answers, lines, strict=True):
        assert isinstance(answer["body"], dict), line
        assert answer["status"] < 500, line


def test_a_byte_order_mark_before_a_batch_is_skipped(client: Client) -> None:
    first, second = sent(client, b"\xef\xbb\xbf" + msgspec.json.encode(register("Ada")), register("Bob"))
    assert (first["status"], second["status"]) == (201, 201)


def test_a_body_in_a_line_is_read_as_strictly_as_in_a_single_request(client: Client) -> None:
    (twice,) = sent(client, b'{"method": "POST", "path": "/v1/customers", "body": {"name": "a", "name": "b"}}')
    assert twice["status"] == 400
    for text in (rb"\u0000", rb"\ud800", b"\xff", rb"\udc00\ud800"):
        (no_text,) = sent(client, b'{"method": "POST", "path": "/v1/customers", "body": {"name": "%b"}}' % text)
        assert (no_text["status"], no_text["body"]["errors"][0]["pointer"]) == (422, "/name"), text


def test_empty_lines_are_skipped_and_an_empty_batch_has_no_answers(client: Client) -> None:
    assert sent(client) == []
    assert [answer["line"] for answer in sent(client, b"", register("Ada"), b" ", register("Bob"), b"")] == [2, 4]


def test_with_the_same_idempotency_key_every_line_runs_once(client: Client) -> None:
    first = sent(client, register("Ada"), register("Bob"), **{"idempotency-key": "import-7"})
    again = sent(client, register("Ada"), register("Bob"), **{"idempotency-key": "import-7"})
    assert again == first
    (other,) = sent(client, register("Carol"), **{"idempotency-key": "import-7"})
    assert (other["status"], other["body"]["type"]) == (422, "/problems/key-reused")
    assert len(seen(client, "/v1/customers")["items"]) == 2


@pytest.mark.parametrize("key", ["k" * 255, "#" * 255, "a#1"])
def test_a_line_adds_its_number_to_a_key_of_any_length(client: Client, key: str) -> None:
    first, again = (sent(client, register("Ada"), **{"Idempotency-Key": key}) for _ in range(2))
    assert [answer["status"] for answer in first] == [201]
    assert first == again
    tagged = {"filter": {}, "then": {"path": "tags", "body": {"tags": ["vip"]}}}
    answer = client.post("/v1/customers/select?after=" + first[0]["position"], tagged, headers={"Idempotency-Key": key})
    assert msgspec.json.decode(answer.content)["status"] == 200


@pytest.mark.parametrize("keys", [["a b"], ["a", "b"], ["k" * 256], ["ä"]])
def test_a_malformed_key_of_a_whole_batch_is_refused_at_once(client: Client, keys: list[str]) -> None:
    headers = [("content-type", "application/x-ndjson"), *(("idempotency-key", key.encode()) for key in keys)]
    batch = client.request("POST", "/v1/batch", content=msgspec.json.encode(register("Ada")), headers=headers)
    assert (batch.status_code, batch.json()["type"]) == (400, "/problems/malformed-idempotency-key")


def test_each_line_needs_the_permission_of_its_route(client: Client, key_for: KeyFor) -> None:
    path = registered(client)
    erasure = {"reason": "requested", "requested_by": "customer"}
    tagged, erased = sent(
        client,
        {"method": "POST", "path": f"{path}/tags", "body": {"tags": ["vip"]}},
        {"method": "POST", "path": f"{path}/erasure", "body": erasure},
        **key_for("agent"),
    )
    assert (tagged["status"], erased["status"]) == (200, 403)


def test_a_batch_has_ten_thousand_lines_at_most(client: Client) -> None:
    lines = [*[b""] * 9_999, b'{"method": "POST", "path": "/v1/none"}']
    assert [(answer["line"], answer["status"]) for answer in sent(client, *lines)] == [(10_000, 404)]
    text = b"\n".join([*lines, lines[-1]])
    answer = client.request("POST", "/v1/batch", content=text, headers={"content-type": "application/x-ndjson"})
    assert answer.status_code == 413


def test_a_batch_needs_the_media_type_of_ndjson(client: Client) -> None:
    assert client.post("/v1/batch", {}).status_code == 415
