"""Accept and HEAD: each read answers in the media type that the caller prefers, and shows its headers alone."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.shared import openapi
from api.shared.negotiating import preferred
from tests.api.client import Client
from tests.api.conftest import World
from tests.api.customers.given_customers import registered, seen
from tests.api.given_everything import everything_happened
from tests.api.questions import Question, plain
from tests.api.served import served

JSON, CSV, NDJSON = OFFERED = ("application/json", "text/csv", "application/x-ndjson")
STREAM = "/v1/events/stream"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("*", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("TEXT/CSV", CSV),
        ("Text/Csv; Charset=UTF-8; Q=1", CSV),
        ("application/json;q=0.9, text/csv", CSV),
        ("application/json, text/csv;q=0.9", JSON),
        ("text/csv;q=0.1, application/x-ndjson;q=0.2", NDJSON),
        ("text/csv, application/json", CSV),
        ("application/json, text/csv", JSON),
        ("text/csv, */*", CSV),
        ("*/*, text/csv", CSV),
        ("text/csv;q=0, */*", JSON),
        ("application/json;q=0, */*;q=0.1", CSV),
        ("application/*;q=0, */*", CSV),
        ("application/json;q=0, application/*", NDJSON),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ('text/csv;note="a, application/json;q=1"', CSV),
        (" , text/csv , ", CSV),
        ("text/csv;q=x, application/json;q=0.1", JSON),
        ("text/csv;q=0", None),
        ("text/csv;q=0.000, application/xml", None),
        ("*/*;q=0", None),
        ("text/html", None),
        ("text/csvx", None),
        ("xtext/csv", None),
        ("csv", None),
        ("application/problem+json", None),
    ],
)
def test_a_list_is_in_the_media_type_with_the_highest_weight(world: World, accept: str, chosen: str | None) -> None:
    answer = world.client.get("/v1/customers", headers={"Accept": accept})
    assert answer.headers["Vary"] == "Accept"
    if chosen is None:
        assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")
        assert all(offered in answer.json()["detail"] for offered in OFFERED)
    else:
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, chosen)


def test_several_headers_are_one_list(world: World) -> None:
    headers = [("Accept", "application/json;q=0.5"), ("Accept", "text/csv"), *world.admin.items()]
    assert world.client.get("/v1/customers", headers=headers).headers["Content-Type"].startswith("text/csv")


def test_the_log_and_a_report_are_negotiated_too(world: World) -> None:
    for path, accept, chosen in (
        ("/v1/events", "APPLICATION/X-NDJSON", NDJSON),
        ("/v1/events", "application/x-ndjson;q=0.5, */*", JSON),
        ("/v1/reports/channel-sales", "text/csv;q=0.5, application/json;q=0.4", CSV),
        ("/metrics", "application/json", "text/plain"),
    ):
        answer = world.client.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, chosen), path


def test_a_command_runs_whatever_its_caller_accepts(world: World) -> None:
    assert world.client.post("/v1/customers", {"name": "Ada"}, headers={"Accept": "text/html"}).status_code == 201


TYPES = st.sampled_from([*OFFERED, "application/*", "text/*", "*/*", "image/png"])
WEIGHTS = st.integers(0, 10)


@given(st.lists(st.tuples(TYPES, WEIGHTS), min_size=1, max_size=5, unique_by=lambda part: part[0]))
def test_no_accepted_media_type_has_a_higher_weight_than_the_chosen_one(ranges: list[tuple[str, int]]) -> None:
    stated = dict(ranges)

    def weight(media_type: str) -> int:
        closest = (media_type, media_type.partition("/")[0] + "/*", "*/*")
        return next((stated[name] for name in closest if name in stated), 0)

    chosen = preferred(", ".join(f"{name.upper()} ; Q={weight / 10}" for name, weight in ranges), OFFERED)
    highest = max(map(weight, OFFERED))
    assert (chosen and weight(chosen)) == (highest or None)


@given(st.text(st.characters(max_codepoint=255), max_size=30))
def test_any_header_has_an_answer(accept: str) -> None:
    assert preferred(accept, OFFERED) in (*OFFERED, None)


@pytest.fixture(scope="module")
def questions(world: World) -> list[Question]:
    """Every `GET` route with its required parameters, about a story in which everything happened."""
    everything_happened(world.client)
    seen(world.client, "/v1/customers")
    known = {"code": "web", "entity": "customer", "key": "size", "upto": "3"}
    paths = {f"/v1/{name}": {**known, "id": _one(world, name)} for name in ("customers", "orders", "tickets", "campaigns")}
    return [question for _, question in plain(openapi.document(world.app), {"/v1": known, **paths})]


def _one(world: World, name: str) -> str:
    return str(world.client.get(f"/v1/{name}?limit=1").json()["items"][0]["id"])


def test_every_read_refuses_a_media_type_that_it_does_not_have(world: World, questions: list[Question]) -> None:
    for path, asked, _ in questions:
        if path in (STREAM, "/metrics"):
            continue
        answer = world.client.get(path, params=dict(asked), headers={"Accept": "application/xml, text/html;q=0.9"})
        assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable"), path


def test_every_read_has_a_head_with_the_same_headers_and_no_body(world: World, questions: list[Question]) -> None:
    same = 0
    for path, asked, _ in questions:
        for accept in (*OFFERED, "*/*"):
            got, head, again = (
                world.client.request(method, path, params=dict(asked), headers={"Accept": accept})
                for method in ("GET", "HEAD", "GET")
            )
            assert (head.status_code, head.content) == (got.status_code, b""), path
            assert list(head.headers) == list(got.headers), path
            if got.content == again.content:
                # Otherwise the answer depends on the clock.
                assert head.headers == got.headers, path
                same += 1
    assert same > 300


def test_a_head_needs_the_permission_of_the_read(world: World) -> None:
    for key, status in (({"Authorization": "Bearer x"}, 401), (world.key("agent"), 403)):
        assert world.client.request("HEAD", "/v1/events", headers=key).status_code == status


def test_the_head_of_a_resource_is_conditional(client: Client) -> None:
    path = registered(client)
    seen(client, path)
    tag = client.request("HEAD", path).headers["ETag"]
    assert client.request("HEAD", path, headers={"If-None-Match": tag}).status_code == 304
    assert client.request("HEAD", path, headers={"If-Match": '"7"'}).status_code == 412


def test_the_head_of_a_stream_or_an_export_ends_over_a_connection_that_stays_open(world: World, admin_url: str) -> None:
    with httpx.Client(base_url=admin_url, headers=world.admin, timeout=10) as http:
        for _ in range(3):
            stream = http.head(STREAM)
            assert (stream.status_code, stream.headers["Content-Type"].partition(";")[0]) == (200, "text/event-stream")
            assert int(stream.headers["Position"]) == world.head()
            whole = http.head("/v1/customers", headers={"Accept": "text/csv"})
            assert (whole.status_code, whole.headers["Content-Type"].partition(";")[0]) == (200, CSV)
            assert http.head("/v1/customers").headers["Content-Length"] == http.get("/v1/customers").headers["Content-Length"]
    assert world.app.state.streams._open == 0


@pytest.fixture
def admin_url(world: World) -> Iterator[str]:
    with served(world.app) as url:
        yield url
