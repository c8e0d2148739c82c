"""Requests that nobody should send: each gets a problem document that says what is wrong, and nothing is written."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from tests.api.client import Client
from tests.api.conftest import World
from tests.api.given_orders import ORDER, TEA, placed
from tests.api.served import served

JSON = {"Content-Type": "application/json"}
PROBLEM = "application/problem+json"
UNHEARD_OF_ZONES = ["Mars/Olympus", "+25:00", "+", "", "../../etc/passwd", "/etc/passwd", "Europe", "a" * 65, "UTC\x00", "٣"]
OUTSIDE_THE_CALENDAR = [
    "0000-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30",
    "2026-13-01",
    "2026-01-01T25:00",
    "2026-01-01T00:00:00+99:99",
    "٢٠٢٦-01-01",
    "1899-12-31",
    "yesterday",
]


@pytest.fixture(scope="module")
def customer(world: World) -> str:
    """The path of a customer."""
    return str(world.client.post("/v1/customers", {"name": "Ada"}).headers["Location"])


@pytest.fixture(scope="module")
def order(world: World) -> str:
    return placed(world.client)


@pytest.fixture
def unchanged(world: World, customer: str, order: str) -> Iterator[None]:
    """Nothing is written during the test."""
    head = world.head()
    yield
    assert world.head() == head


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == PROBLEM
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["detail"]
    assert "Traceback" not in answer.text
    return answer.status_code, document["type"].removeprefix("/problems/")


def sent(client: Client, body: bytes, path: str = "/v1/customers", **headers: str) -> httpx.Response:
    return client.request("POST", path, content=body, headers=JSON | headers)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "Ada"',
        b"{'name': 'Ada'}",
        b'{"name": "Ada",}',
        b'{"name": "Ada"} {}',
        b'{"name": NaN}',
        b'{"attributes": {"n": Infinity}}',
        b'{"attributes": {"n": 1e400}}',
        b'{"attributes": {"n": ' + b"9" * 5000 + b"}}",
        b"\x00",
        b'{"name": "A\x00"}',
        b'{"name": "A\nB"}',
        b'{"name": "\xff"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\\x41"}',
        '{"name": "Ada"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"name": "Ada"}',
        b"[" * 50_000,
        b'{"a":' * 10_000,
        b'{"name": "Ada", "name": "Grace"}',
        b'{"name": "Ada", "name" : "Grace"}',
        b'{"name": "Ada", "n\\u0061me": "Grace"}',
        b'{"name": "Ada", "attributes": {"n": 1, "n": 2}}',
    ],
)
def test_what_is_no_json_is_malformed(world: World, body: bytes) -> None:
    assert problem(sent(world.client, body)) == (400, "malformed-json")


def test_what_only_looks_like_a_name_given_twice_is_none(world: World) -> None:
    assert sent(world.client, b'{"name": "\\"name\\": ", "attributes": {"a\\":": ":"}}').status_code == 201


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "body",
    [b'{"name": "A\\u0000"}', b'{"name": "\\ud800"}', b'{"name": "\\udc00\\ud83d"}', b'{"attributes": {"\\ud800": 1}}'],
)
def test_what_is_no_text_does_not_fit(world: World, body: bytes) -> None:
    assert problem(sent(world.client, body)) == (422, "does-not-fit")


@pytest.mark.parametrize("name", ["😀", "𠮷野家", "王小明", "\u202eAda", "Zoë", "Ä\u0308", "\\u0000 😀", "ﷺ", "</b>", "'; --"])
def test_whatever_is_text_comes_back(world: World, name: str) -> None:
    for body in (json.dumps({"name": name}), json.dumps({"name": name}, ensure_ascii=False)):
        answer = sent(world.client, body.encode())
        assert answer.status_code == 201
        seen = world.client.get(answer.headers["Location"], params={"after": answer.headers["Position"]})
        assert seen.json()["name"] == name


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (None, ""),
        ([], ""),
        ("Ada", ""),
        (7, ""),
        ({"name": 7}, "/name"),
        ({"name": ["Ada"]}, "/name"),
        ({"name": "x" * 501}, "/name"),
        ({"kind": "robot"}, "/kind"),
        ({"contact_methods": {}}, "/contact_methods"),
        ({"contact_methods": [{"kind": "email"}]}, "/contact_methods/0/value"),
        ({"contact_methods": [{"kind": "email", "value": "a"}] * 51}, "/contact_methods"),
        ({"name": "Ada", "nickname": "A"}, "/nickname"),
        ({"name": "Ada", "a/b~c": 1}, "/a~1b~0c"),
        ({"name": "Ada", "owner": "Ada Lovelace"}, "/owner"),
        ({"name": "Ada", "attributes": {"k" * 65: 1}}, "/attributes/" + "k" * 65 + "/[key]"),
        ({"name": "Ada", "acquisition": {"campaign": "spring"}}, "/acquisition/campaign"),
        ({"name": "Ada", "address": {"country": "Germany"}}, "/address/country"),
    ],
)
def test_what_does_not_fit_is_pointed_at(world: World, body: Any, pointer: str) -> None:
    answer = sent(world.client, json.dumps(body).encode())
    assert problem(answer) == (422, "does-not-fit")
    assert {error["pointer"] for error in answer.json()["errors"]} == {pointer}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("value", [{"a": {"b": 1}}, {"a": [1]}, {"a": 2**53 + 1}, {"": 1}, {str(n): n for n in range(201)}])
def test_attributes_are_a_few_plain_values(world: World, value: Any) -> None:
    assert problem(sent(world.client, json.dumps({"name": "Ada", "attributes": value}).encode()))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("media_type", [None, "text/plain", "application/xml", "multipart/form-data", "application/", "json"])
def test_what_is_not_said_to_be_json_is_not_read(world: World, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = world.client.request("POST", "/v1/customers", content=b'{"name": "Ada"}', headers=headers)
    assert problem(answer) == (415, "unsupported-media-type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"])
def test_json_has_many_names(world: World, customer: str, media_type: str) -> None:
    answer = world.client.request("PATCH", customer, content=b'{"name": "Ada"}', headers={"Content-Type": media_type})
    assert answer.status_code == 200


@pytest.mark.usefixtures("unchanged")
def test_a_body_that_is_too_large_is_not_read(world: World) -> None:
    assert problem(sent(world.client, b'{"name": "' + b"a" * 100_000 + b'"}')) == (413, "too-large")


@pytest.mark.usefixtures("unchanged")
def test_a_body_that_grows_too_large_is_cut_off(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    answer = world.client.request("POST", "/v1/customers", content=endless(), headers=JSON)
    assert problem(answer) == (413, "too-large")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "amount",
    [
        "-1.00",
        "0.00",
        "0.001",
        "NaN",
        "sNaN",
        "Infinity",
        "1e3",
        "1_000",
        "1,00",
        "١",
        "9" * 16,
        "9" * 5000,
        "0." + "0" * 50 + "1",
        "",
        " 1",
        "+1",
        "0x1",
        12.5,
        1,
        True,
        None,
        [],
        {},
    ],
)
def test_what_is_no_amount_is_refused(world: World, order: str, amount: Any) -> None:
    assert problem(world.client.post(f"{order}/payments", {"amount": amount}))[0] == 422


@pytest.mark.usefixtures("unchanged")
def test_an_order_beyond_all_bounds_is_refused(world: World) -> None:
    line = TEA | {"quantity": "9" * 15, "unit_price": "9" * 15}
    assert problem(world.client.post("/v1/orders", ORDER | {"lines": [line]}))[0] == 422
    assert problem(world.client.post("/v1/orders", ORDER | {"lines": [TEA] * 1001}))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("moment", OUTSIDE_THE_CALENDAR)
def test_a_time_outside_the_calendar_is_refused(world: World, customer: str, moment: str) -> None:
    assert problem(world.client.post("/v1/customers", {"name": "Ada", "occurred_at": moment}))[0] == 422
    consent = {"purpose": "news", "channel": "email", "expires": moment}
    assert problem(world.client.post(f"{customer}/consents", consent))[0] in (409, 422)
    assert problem(world.client.get("/v1/customers", params={"registered_from": moment}))[0] == 422
    for name in ("recorded_from", "occurred_to"):
        assert problem(world.client.get("/v1/events", params={name: moment}))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("moment", ["9999-12-31", "9999-12-31T23:59:59Z", "2999-01"])
def test_what_is_yet_to_come_is_refused(world: World, moment: str) -> None:
    assert problem(world.client.post("/v1/customers", {"name": "A", "occurred_at": moment})) == (409, "in-the-future")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("expires", [1, 99999999999999, "1767225600", "2026-01-01", "2026-01-01T00:00:00"])
def test_a_moment_is_written_out_with_its_offset(world: World, customer: str, expires: Any) -> None:
    body = {"purpose": "news", "channel": "email", "expires": expires}
    assert problem(world.client.post(f"{customer}/consents", body)) == (422, "does-not-fit")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("zone", UNHEARD_OF_ZONES)
def test_an_unheard_of_zone_is_refused(world: World, customer: str, zone: str) -> None:
    told = {"name": "Ada", "occurred_at": "2026-01-01T10:00", "occurred_zone": zone}
    assert problem(world.client.post("/v1/customers", told))[0] == 422
    if zone:
        assert problem(world.client.patch(customer, {"time_zone": zone}))[0] == 422
        for path in ("/v1/customers", "/v1/orders", customer, "/v1/reports/channel-sales"):
            assert problem(world.client.get(path, params={"zone": zone}))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("kind", ["customers", "orders", "keys"])
@pytest.mark.parametrize("id", ["1", "x" * 5000, "%00", "a%00b", "%0a", "%ff%fe", "..%2f..%2fetc", "%F0%9F%98%80", "null"])
def test_an_id_that_is_none_is_refused(world: World, kind: str, id: str) -> None:
    action = {"customers": "archival", "orders": "confirmation", "keys": "revocation"}[kind]
    assert problem(world.client.post(f"/v1/{kind}/{id}/{action}"))[0] in (404, 422)
    if kind != "keys":
        assert problem(world.client.get(f"/v1/{kind}/{id}"))[0] in (404, 422)
        assert problem(world.client.get(f"/v1/{kind}/{id}/history"))[0] in (404, 422)


@pytest.mark.usefixtures("unchanged")
def test_an_id_that_nothing_has_is_not_there(world: World) -> None:
    for path in ("customers", "orders"):
        assert problem(world.client.get(f"/v1/{path}/{uuid4()}")) == (404, "not-there")
        assert problem(world.client.get(f"/v1/{path}/{uuid4()}/history")) == (404, "not-there")
    assert problem(world.client.post(f"/v1/keys/{uuid4()}/revocation")) == (404, "not-there")


@pytest.mark.usefixtures("unchanged")
def test_an_id_of_another_kind_is_not_there(world: World, customer: str, order: str) -> None:
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
@pytest.mark.parametrize("system", ["a%00", "a%0a", " ", "-a", "x" * 65, "%F0%9F%98%80"])
def test_a_system_that_is_no_code_is_refused(world: World, system: str) -> None:
    path = f"/v1/customers/by/{system}/1"
    assert problem(world.client.put(path, {"name": "Ada"}))[0] == 422
    assert problem(world.client.get(path))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("external", ["%00", "a%00b", "x" * 256, "%0a%0d", "a%1bb", "%c2%85", "%20"])
def test_an_external_id_with_control_characters_is_refused(world: World, external: str) -> None:
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
@pytest.mark.parametrize("version", ["1", '"x"', '"-1"', '"1', 'W/"1"', '"1", "2"', '"' + "9" * 30 + '"', '""', "\xb2", ""])
def test_a_malformed_if_match_is_refused(world: World, customer: str, version: str) -> None:
    answer = world.client.patch(customer, {"name": "Grace"}, headers={"If-Match": version.encode("latin-1")})
    assert problem(answer) == (400, "malformed-if-match")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("version", ['"0"', '"999999999"'])
def test_a_version_that_is_not_the_latest_is_too_late(world: World, customer: str, version: str) -> None:
    assert problem(world.client.patch(customer, {"name": "Grace"}, headers={"If-Match": version}))[0] == 412


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel", "a\tb"])
def test_a_malformed_idempotency_key_is_refused(world: World, customer: str, key: str) -> None:
    answer = world.client.patch(customer, {"name": "Grace"}, headers={"Idempotency-Key": key.encode("latin-1")})
    assert problem(answer) == (400, "malformed-idempotency-key")


LISTS = ("/v1/customers", "/v1/orders")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "====", "bnVsbA==", "W10=", "e30=", "WyJwb3NpdGlvbiIsMSwxXQ==", "WyJuYW1lIixudWxsLG51bGxd", "😀", "A" * 2001],
)
def test_a_malformed_cursor_is_refused(world: World, cursor: str) -> None:
    for path in LISTS:
        assert problem(world.client.get(path, params={"cursor": cursor}))[0] == 422
    assert problem(world.client.get("/v1/events", params={"cursor": cursor}))[0] == 422


@pytest.mark.usefixtures("unchanged")
def test_a_cursor_of_another_order_is_refused(world: World, customer: str) -> None:
    world.client.get("/v1/customers", params={"after": world.head()})
    first = world.client.get("/v1/customers", params={"limit": 1, "sort": "position"}).json()["next"]
    assert first is not None
    cursor = httpx.URL(first).params["cursor"]
    assert problem(world.client.get("/v1/customers", params={"cursor": cursor, "sort": "registered_at"}))[0] == 422


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
        "sort=name",
        "sort=%00",
        "order=up",
        "owner=%00",
        "tag=a%00",
    ],
)
def test_what_no_list_understands_is_refused(world: World, query: str) -> None:
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
def test_what_no_question_means_is_refused(world: World, question: str) -> None:
    assert problem(world.client.get(question))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "question",
    ["version=0", "version=x", "version=2147483648", "as_of=yesterday", "as_of=2026-01-01", "as_of=-1", "as_of=%00", "as_of=٣"],
)
def test_a_past_that_is_none_is_refused(world: World, customer: str, order: str, question: str) -> None:
    for path in (customer, order):
        assert problem(world.client.get(f"{path}?{question}"))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PROPFIND"])
def test_another_method_is_told_which_there_are(world: World, method: str) -> None:
    answer = world.client.request(method, "/v1/customers")
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, PROBLEM)
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/customer", "/v1/customers/", "//v1/customers", "/v1/%00", "/admin", "/.env"])
def test_where_nothing_is_there_is_nothing_for_anybody(world: World, path: str) -> None:
    stranger = Client(world.app)
    for client in (world.client, stranger):
        assert problem(client.get(path)) == (404, "nothing-here")
    stranger.close()


def test_nobodys_body_is_read_before_their_key(world: World, customer: str) -> None:
    stranger = Client(world.app)
    for body in (b"{", b'{"name": "Ada"}', b'{"nickname": "A"}'):
        assert problem(sent(stranger, body)) == (401, "unauthenticated")
        assert problem(sent(stranger, body, customer)) in ((401, "unauthenticated"), (405, "method-not-allowed"))
    stranger.close()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer rk_",
        "Bearer rk_x_y",
        "Bearer rk_{id}_",
        "Bearer sk_{id}_x",
        "Bearer \xff",
    ],
)
def test_what_is_no_key_opens_nothing(world: World, customer: str, header: str) -> None:
    text = header.replace("{id}", customer.rsplit("/", 1)[-1].replace("-", ""))
    answer = world.client.get("/v1/customers", headers={"Authorization": text.encode("latin-1")})
    assert problem(answer) == (401, "unauthenticated")


def test_a_revoked_key_opens_nothing_within_a_second(world: World) -> None:
    issued = world.client.post("/v1/keys", {"label": "Ada's", "roles": ["agent"]}).json()
    key = {"Authorization": f"Bearer {issued['key']}"}
    assert world.client.get("/v1/customers", headers=key).status_code == 200
    assert world.client.post(f"/v1/keys/{issued['id']}/revocation").status_code == 200
    revoked = time.monotonic()
    while world.client.get("/v1/customers", headers=key).status_code != 401:
        assert time.monotonic() < revoked + 1.5


def test_what_breaks_inside_shows_nothing_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(world.parts.deployment.store, "head", broken)
    with capture_logs(), served(world.app) as url:
        answer = httpx.get(f"{url}/v1/events", headers=world.admin)
    assert problem(answer) == (500, "unexpected")
    assert "42" not in answer.text
    assert "RuntimeError" not in answer.text


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /v1/customers?q=\xff HTTP/1.1",
        b"GET /v1/\xe7 HTTP/1.1",
        b"GET * HTTP/1.1",
        b"GET http:// HTTP/1.1",
        b"\x00\x01\x02",
    ],
)
def test_what_is_hardly_http_breaks_nothing(world: World, request_line: bytes) -> None:
    with served(world.app) as url:
        at = httpx.URL(url)
        with socket.create_connection((at.host, at.port or 0), timeout=5) as connection:
            connection.sendall(request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = connection.recv(65536)
        assert httpx.get(f"{url}/health/live").status_code == 200
    assert answer.startswith(b"HTTP/1.1 4")
