"""Invalid bodies: each is answered with a problem document that says what is wrong, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.conftest import World
from tests.api.sales.given_orders import ORDER, TEA
from tests.api.shared.bad_input import JSON, problem, sent

UNKNOWN_ZONES = ["Mars/Olympus", "+25:00", "+", "", "../../etc/passwd", "/etc/passwd", "Europe", "a" * 65, "UTC\x00", "٣"]
NO_TIMES = [
    "0000-01-01",
    "2026-02-30",
    "2026-13-01",
    "2026-01-01T25:00",
    "2026-01-01T00:00:00+99:99",
    "٢٠٢٦-01-01",
    "1899-12-31",
    "yesterday",
]


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
        b'{"name": "\\x41"}',
        '{"name": "Ada"}'.encode("utf-16"),
        b"\xef\xbb\xbf",
        b'\xef\xbb\xbf\xef\xbb\xbf{"name": "Ada"}',
        b'{"name": "Ada"}\xef\xbb\xbf',
        b"[" * 50_000,
        b'{"a":' * 10_000,
        b'{"name": "Ada", "name": "Grace"}',
        b'{"name": "Ada", "name" : "Grace"}',
        b'{"name": "Ada", "n\\u0061me": "Grace"}',
        b'{"name": "Ada", "attributes": {"n": 1, "n": 2}}',
    ],
)
def test_a_body_that_is_not_json_is_malformed(world: World, body: bytes) -> None:
    assert problem(sent(world.client, body)) == (400, "malformed-json")


def test_a_byte_order_mark_before_a_body_is_skipped(world: World) -> None:
    mark = b"\xef\xbb\xbf"
    made = sent(world.client, mark + b'{"name": "Ada"}')
    assert made.status_code == 201
    path = made.headers["Location"]
    assert world.client.request("PATCH", path, content=mark + b'{"name": "\xef\xbb\xbfGrace"}', headers=JSON).status_code == 200
    assert world.client.get(path, params={"after": world.head()}).json()["name"] == "\ufeffGrace"
    assert problem(sent(world.client, mark + b'{"name": "Ada", "name": "Grace"}')) == (400, "malformed-json")


def test_a_text_that_looks_like_a_duplicate_name_is_accepted(world: World) -> None:
    assert sent(world.client, b'{"name": "\\"name\\": ", "attributes": {"a\\":": ":"}}').status_code == 201


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "A\\u0000"}',
        b'{"name": "A\\u001f"}',
        b'{"name": "\\bA"}',
        b'{"name": "\\f"}',
        b'{"name": "A\x7f"}',
        b'{"name": "A\\u0085"}',
        '{"name": "\x9bA"}'.encode(),
        b'{"name": "\\ud800"}',
        b'{"name": "\\udc00\\ud83d"}',
        b'{"name": "\xff"}',
        b'{"name": "Zo\xeb"}',
        b'{"name": "\xed\xa0\x80"}',
    ],
)
def test_a_text_that_is_not_printable_does_not_fit(world: World, body: bytes) -> None:
    answer = sent(world.client, body)
    assert problem(answer) == (422, "does-not-fit")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/name"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("key", [b"\\ud800", b"\xff", b"\\u0000", b"A\x7f", b"\\r\\u0001"])
def test_a_name_that_is_not_printable_does_not_fit(world: World, key: bytes) -> None:
    answer = sent(world.client, b'{"name": "Ada", "attributes": {"' + key + b'": 1}}')
    assert problem(answer) == (422, "does-not-fit")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/attributes"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("twice", ['"é": 1, "e\u0301": 2', '"size": 1, "size ": 2', '"a\\nb": 1, "a\\r\\nb": 1'])
def test_an_attribute_with_two_forms_of_its_key_is_refused(world: World, twice: str) -> None:
    assert problem(sent(world.client, f'{{"name": "Ada", "attributes": {{{twice}}}}}'.encode()))[0] in (400, 422)


@pytest.mark.parametrize("name", ["😀", "𠮷野家", "王小明", "\u202eAda", "Zoë", "Ä\u0308", "\\u0000 😀", "ﷺ", "</b>", "'; --"])
def test_any_other_text_comes_back_unchanged(world: World, name: str) -> None:
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
        ({"name": "Ada", "attributes": {"k" * 65: 1}}, "/attributes/" + "k" * 65),
        ({"name": "Ada", "acquisition": {"campaign": "spring"}}, "/acquisition/campaign"),
        ({"name": "Ada", "address": {"country": "Germany"}}, "/address/country"),
    ],
)
def test_a_problem_points_at_the_part_that_does_not_fit(world: World, body: Any, pointer: str) -> None:
    answer = sent(world.client, json.dumps(body).encode())
    assert problem(answer) == (422, "does-not-fit")
    assert {error["pointer"] for error in answer.json()["errors"]} == {pointer}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("value", [{"a": {"b": 1}}, {"a": [1]}, {"a": 2**53 + 1}, {"": 1}, {str(n): n for n in range(201)}])
def test_attributes_are_a_limited_number_of_plain_values(world: World, value: Any) -> None:
    assert problem(sent(world.client, json.dumps({"name": "Ada", "attributes": value}).encode()))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("media_type", [None, "text/plain", "application/xml", "multipart/form-data", "application/", "json"])
def test_a_body_without_the_media_type_of_json_is_not_read(world: World, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = world.client.request("POST", "/v1/customers", content=b'{"name": "Ada"}', headers=headers)
    assert problem(answer) == (415, "unsupported-media-type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"])
def test_several_media_types_of_json_are_accepted(world: World, customer: str, media_type: str) -> None:
    answer = world.client.request("PATCH", customer, content=b'{"name": "Ada"}', headers={"Content-Type": media_type})
    assert answer.status_code == 200


@pytest.mark.usefixtures("unchanged")
def test_a_body_that_is_too_large_is_not_read(world: World) -> None:
    assert problem(sent(world.client, b'{"name": "' + b"a" * 100_000 + b'"}')) == (413, "too-large")


@pytest.mark.usefixtures("unchanged")
def test_a_streamed_body_that_grows_too_large_is_cut_off(world: World) -> None:
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
def test_an_invalid_amount_is_refused(world: World, order: str, amount: Any) -> None:
    assert problem(world.client.post(f"{order}/payments", {"amount": amount}))[0] == 422


@pytest.mark.usefixtures("unchanged")
def test_an_order_beyond_the_limits_is_refused(world: World) -> None:
    line = TEA | {"quantity": "9" * 15, "unit_price": "9" * 15}
    assert problem(world.client.post("/v1/orders", ORDER | {"lines": [line]}))[0] == 422
    assert problem(world.client.post("/v1/orders", ORDER | {"lines": [TEA] * 1001}))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("moment", NO_TIMES)
def test_a_text_that_is_no_time_is_refused(world: World, customer: str, moment: str) -> None:
    assert problem(world.client.post("/v1/customers", {"name": "Ada", "occurred_at": moment}))[0] == 422
    consent = {"purpose": "news", "channel": "email", "expires": moment}
    assert problem(world.client.post(f"{customer}/consents", consent))[0] in (409, 422)
    assert problem(world.client.get("/v1/customers", params={"registered_from": moment}))[0] == 422
    for name in ("recorded_from", "occurred_to"):
        assert problem(world.client.get("/v1/events", params={name: moment}))[0] == 422


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+00:01"])
def test_a_time_that_is_outside_the_calendar_in_utc_is_malformed(world: World, customer: str, moment: str) -> None:
    refusal = (400, "outside-the-calendar")
    assert problem(world.client.post("/v1/customers", {"name": "Ada", "occurred_at": moment})) == refusal
    assert problem(world.client.post("/v1/tasks", {"title": "Call", "due": moment})) == refusal
    consent = {"purpose": "news", "channel": "email", "expires": moment}
    assert problem(world.client.post(f"{customer}/consents", consent)) == refusal
    assert problem(world.client.get(customer, params={"as_of": moment})) == refusal
    for path, name in (("events", "recorded_from"), ("audit", "occurred_to"), ("tasks", "due_from")):
        assert problem(world.client.get(f"/v1/{path}", params={name: moment})) == refusal


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("moment", ["9999-12-31", "9999-12-31T23:59:59Z", "2999-01"])
def test_a_time_in_the_future_is_refused(world: World, moment: str) -> None:
    assert problem(world.client.post("/v1/customers", {"name": "A", "occurred_at": moment})) == (409, "in-the-future")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("expires", [1, 99999999999999, "1767225600", "2026-01-01", "2026-01-01T00:00:00"])
def test_a_moment_needs_a_time_and_an_offset(world: World, customer: str, expires: Any) -> None:
    body = {"purpose": "news", "channel": "email", "expires": expires}
    assert problem(world.client.post(f"{customer}/consents", body)) == (422, "does-not-fit")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("zone", UNKNOWN_ZONES)
def test_an_unknown_zone_is_refused(world: World, customer: str, zone: str) -> None:
    body = {"name": "Ada", "occurred_at": "2026-01-01T10:00", "occurred_zone": zone}
    assert problem(world.client.post("/v1/customers", body))[0] == 422
    if zone:
        assert problem(world.client.patch(customer, {"time_zone": zone}))[0] == 422
        for path in ("/v1/customers", "/v1/orders", customer, "/v1/reports/channel-sales"):
            assert problem(world.client.get(path, params={"zone": zone}))[0] == 422
