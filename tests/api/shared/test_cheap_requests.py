"""Requests that cost the sender little: none costs the server much, and each gets an answer that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import httpx
import msgspec
import pytest

from api.operations.uploads import FORM_LIMITS
from api.shared.problems import MISFITS
from api.shared.strict import BODY, DEPTH, PARTS
from infra.processes.parts import opened
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import SETTINGS, World, new_key
from tests.api.sales.given_leads import captured
from tests.api.shared.bad_input import JSON, problem, sent
from tests.effort import with_little_cpu

NDJSON = {"Content-Type": "application/x-ndjson"}
MAPPING = b'system = "shop"\n'


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of an application with the default limit of bodies, 8 MiB."""
    settings = {name: value for name, value in SETTINGS.items() if name != "body_limit"}
    home = tmp_path_factory.mktemp("roomy") / "home"
    with opened(Settings.model_validate(settings | {"home": home})) as parts, parts.application() as app:
        client = Client(app, new_key(parts, "admin"))
        assert sent(client, b'{"name": "Ada"}').status_code == 201
        yield client
        client.close()


def in_time(client: Client, body: bytes, path: str = "/v1/customers") -> httpx.Response:
    return with_little_cpu(1.0, lambda: sent(client, body, path))


COSTLY = {
    "unknown fields": (b"{" + b",".join(b'"f%d":0' % n for n in range(PARTS - 1)) + b"}", 422),
    "unknown attributes": (b'{"attributes":{' + b",".join(b'"%d":[]' % n for n in range(PARTS - 2)) + b"}}", 422),
    "too many parts": (b'{"attributes":[' + b",".join([b"0"] * PARTS) + b"]}", 413),
    "empty objects": (b'{"attributes":[' + b",".join([b"{}"] * 200_000) + b"]}", 413),
    "wrong texts": (b'{"tags":["\\u0041",' + b",".join([b'"\\u0001"'] * 29_000) + b"]}", 422),
    "bytes that are no text": (b'{"tags":[' + b",".join([b'"\xff"'] * 40_000) + b"]}", 422),
    "too many parts, of which one is no text": (b'{"a":[' + b"0," * 490_000 + b'"\xff"]}', 413),
    "too deep, with a half character": (b'{"a":' + b"[" * 100 + b'"\\ud800"' + b"]" * 100 + b"}", 400),
    "lists in lists": (b'{"attributes":' + b"[" * 500_000, 400),
    "objects in objects": (b'{"a":' * 150_000, 400),
    "deep objects": (b'{"a":' * 500 + b"1" + b"}" * 500, 400),
    "deep objects with texts": (b'{"\xc3\xa4":' * 500 + b'"\\u00e4"' + b"}" * 500, 400),
    "digits": (b'{"attributes":{"a":' + b"1" * 500_000 + b"}}", 400),
    "decimals": (b'{"name":"Ada","attributes":{"a":1.' + b"1" * 500_000 + b"}}", 201),
    "marks": (b'{"name":"a' + b"\xcc\xa3\xcc\x81" * 100_000 + b'"}', 422),
    "escaped marks": (b'{"name":"a' + b"\\u0323\\u0301" * 40_000 + b'"}', 422),
    "a text that looks like names": (b'{"name":"' + b'\\":' * 200_000 + b'"}', 422),
}


@pytest.mark.parametrize("kind", COSTLY)
def test_a_costly_body_is_answered_at_once(roomy: Client, kind: str) -> None:
    body, status = COSTLY[kind]
    answer = in_time(roomy, body)
    assert answer.status_code == status
    assert len(answer.content) < 50_000


def test_a_problem_names_the_first_wrong_parts_only(roomy: Client) -> None:
    wrong = sent(roomy, COSTLY["unknown fields"][0]).json()["errors"]
    assert [error["pointer"] for error in wrong] == [f"/f{number}" for number in range(MISFITS)]


def test_the_body_of_a_command_has_a_largest_size(roomy: Client) -> None:
    body = b'{"name": "Ada"}' + b" " * BODY
    assert sent(roomy, body[:BODY]).status_code == 201
    answer = sent(roomy, body[: BODY + 1])
    assert problem(answer) == (413, "too-large")
    assert "1024 KiB" in answer.json()["detail"]


def test_objects_have_a_greatest_depth(roomy: Client) -> None:
    rule = {"name": "deep", "priority": 1, "rule": {}}
    for depth, expected in ((DEPTH - 1, "does-not-fit"), (DEPTH, "malformed-json")):
        body = msgspec.json.encode(rule).replace(b"{}", b'{"a":' * (depth - 1) + b"1" + b"}" * (depth - 1))
        assert problem(sent(roomy, body, "/v1/segment-rules"))[1] in (expected, "malformed")


def test_a_line_of_a_batch_is_bounded_like_a_request_of_its_own(roomy: Client) -> None:
    for kind in ("unknown fields", "too many parts", "marks", "deep objects"):
        body, status = COSTLY[kind]
        line = b'{"method":"POST","path":"/v1/customers","body":' + body + b"}\n"
        answer = with_little_cpu(1.5, partial(roomy.request, "POST", "/v1/batch", content=line, headers=NDJSON))
        assert msgspec.json.decode(answer.content)["status"] == status, kind
    line = b'{"method":"POST","path":"/v1/customers","body":{"name":"' + b"a" * BODY + b'"}}'
    assert msgspec.json.decode(roomy.request("POST", "/v1/batch", content=line, headers=NDJSON).content)["status"] == 413


def test_lines_of_a_batch_are_counted_before_they_are_split(roomy: Client) -> None:
    answer = with_little_cpu(0.5, lambda: roomy.request("POST", "/v1/batch", content=b"\n" * 8_000_000, headers=NDJSON))
    assert problem(answer) == (413, "too-large")


def test_what_is_more_work_than_a_command_is_no_line_of_a_batch(roomy: Client) -> None:
    paths = ("/v1/segment-models", "/v1/segment-models/m/fits", "/v1/operations/rebuilds", "/v1/customers/select", "/v1/batch")
    lines = b"\n".join(msgspec.json.encode({"method": "POST", "path": path, "body": {}}) for path in paths)
    answers = roomy.request("POST", "/v1/batch", content=lines, headers=NDJSON).content.splitlines()
    assert [msgspec.json.decode(answer)["body"]["type"] for answer in answers] == ["/problems/malformed-line"] * len(paths)


def test_a_selection_is_as_large_as_a_batch_at_most(world: World) -> None:
    for number in range(3):
        world.client.put(f"{captured(world.client, number=f'bounded-{number}')}/assignment", {"owner": "u-9"})
    limit, head = world.parts.deployment.settings.body_limit, world.head()
    for size, status in ((limit // 3 - 100, 200), (limit // 3 + 1, 413)):
        then = {"path": "tags", "body": {"tags": ["a" * (size - 13)]}}
        selection = {"filter": {"owner": "u-9"}, "then": then}
        answer = world.client.post("/v1/leads/select", selection, params={"after": head})
        assert answer.status_code == status
    assert world.head() == head


def test_unknown_filters_of_a_selection_are_named_at_once(roomy: Client) -> None:
    for count in (50, 10_000):
        selection = {"filter": {f"abcdefghijklmnopqrstuvwxyz-{n}": 1 for n in range(count)}, "then": {"path": "tags"}}
        answer = in_time(roomy, msgspec.json.encode(selection), "/v1/customers/select")
        assert problem(answer) == (422, "does-not-fit")


def test_a_request_names_a_hundred_fields_at_most(world: World) -> None:
    for count, status in ((100, 200), (101, 422)):
        answer = world.client.get("/v1/customers", params={"fields": ",".join(f"attributes.a{n}" for n in range(count))})
        assert answer.status_code == status
    assert world.client.get("/v1/customers", params={"fields": "attributes." + "a" * 2000}).status_code == 422


def test_marks_in_a_query_are_composed_at_once(world: World) -> None:
    answer = with_little_cpu(0.5, lambda: world.client.get("/v1/customers", params={"q": "a" + "\u0323\u0301" * 5_000}))
    assert answer.status_code == 422


# Codings, media types and forms


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("coding", ["gzip", "zlib", "deflate", "br", "zstd", "identity, gzip", "x" * 100, "\x80"])
def test_a_content_coding_is_not_supported(world: World, coding: str) -> None:
    headers = {**JSON, "Content-Encoding": coding.encode("latin-1")}
    for path in ("/v1/customers", "/v1/batch", "/v1/imports", "/v1/customers/select"):
        answer = world.client.request("POST", path, content=b'{"name": "Ada"}', headers=headers)
        assert problem(answer) == (415, "unsupported-media-type")
        assert answer.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("charset", ["utf-8", "zlib", "idna", "undefined", '"', "", "x" * 1000])
def test_the_charset_of_json_makes_no_difference(world: World, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}", "Content-Encoding": "identity"}
    assert world.client.request("POST", "/v1/customers", content=b'{"name": "Ada"}', headers=headers).status_code == 201


@pytest.mark.parametrize("accepted", ["zlib", "gzip;q=x", "*;q=0", "identity;q=0", "," * 1000])
def test_an_answer_that_could_be_compressed_is_not(world: World, accepted: str) -> None:
    answer = world.client.get("/v1/customers", headers={"Accept-Encoding": accepted})
    assert (answer.status_code, answer.headers.get("Content-Encoding")) == (200, None)


@pytest.mark.parametrize("charset", ["zlib", "idna", "punycode", "undefined", "unicode_escape", "rot13", "utf-16", "\x80"])
def test_a_form_in_any_charset_gets_a_problem(world: World, charset: str) -> None:
    form = (
        b'--b\r\nContent-Disposition: form-data; name="mapping"; filename="\xff"\r\n\r\nx\r\n'
        b'--b\r\nContent-Disposition: form-data; name="\xfe"\r\n\r\n\xff\r\n--b--\r\n'
    )
    headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}".encode("latin-1")}
    assert problem(world.client.request("POST", "/v1/imports", content=form, headers=headers))[0] in (400, 422)


@pytest.mark.parametrize(
    ("media_type", "form", "status"),
    [
        ("multipart/form-data", b"--b\r\n", 400),
        ("multipart/form-data; boundary=", b"--\r\n", 422),
        ("multipart/form-data; boundary=b", b"no form", 400),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", 400),
        ("application/x-www-form-urlencoded", b"mapping=x&file=y", 422),
        ("application/json", b"{}", 422),
    ],
)
def test_a_malformed_form_gets_a_problem(world: World, media_type: str, form: bytes, status: int) -> None:
    answer = world.client.request("POST", "/v1/imports", content=form, headers={"Content-Type": media_type})
    assert problem(answer)[0] == status


def test_a_form_has_few_parts(world: World) -> None:
    for limit in (FORM_LIMITS["max_files"], 1_000):
        files = [("part", (f"{number}.txt", b"x")) for number in range(limit + 1)]
        assert problem(world.client.request("POST", "/v1/imports", files=files)) == (400, "malformed-request")
    fields = {"mapping": "x" * 10_000, "file": "y"}
    assert problem(world.client.request("POST", "/v1/imports", data=fields))[0] in (400, 422)


@pytest.mark.parametrize("encoding", ["zlib", "bz2", "hex", "idna"])
def test_a_mapping_with_a_codec_that_is_not_for_texts_is_refused(world: World, encoding: str) -> None:
    mapping = MAPPING + b'file.encoding = "' + encoding.encode() + b'"\n[[make]]\ncommand = "customer.register"\n'
    files = {"mapping": ("m.toml", mapping), "file": ("rows.csv", b"id\n1\n")}
    answer = world.client.request("POST", "/v1/imports", files=files)
    assert problem(answer) == (422, "mapping-error")
    assert "file.encoding" in answer.json()["detail"]


def test_a_mapping_that_is_too_large_is_refused_and_not_cut_off(roomy: Client) -> None:
    mapping = MAPPING + b"# " + b"x" * 300_000
    answer = roomy.request("POST", "/v1/imports", files={"mapping": ("m.toml", mapping), "file": ("rows.csv", b"id\n1\n")})
    assert problem(answer) == (422, "mapping-error")
    assert "256 KiB" in answer.json()["detail"]


def test_a_caller_without_the_permission_is_refused_before_the_body_is_read(world: World) -> None:
    analyst = world.key("analyst")
    for path, type in (("/v1/customers", "application/json"), ("/v1/imports", "multipart/form-data")):
        answer = world.client.request("POST", path, content=b"{", headers={**analyst, "Content-Type": type})
        assert problem(answer) == (403, "forbidden")
