"""Every answer tells browsers and caches to keep, guess, frame and run nothing."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.client import Client
from tests.api.conftest import World
from tests.api.served import served

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture(scope="module")
def stranger_here(world: World) -> Iterator[Client]:
    client = Client(world.app)
    yield client
    client.close()


def assert_safe(answer: httpx.Response) -> None:
    assert SAFE.items() <= {name: answer.headers.get(name) for name in SAFE}.items(), answer.url
    for name in (*SAFE, "Cache-Control", "Content-Security-Policy"):
        assert len(answer.headers.get_list(name)) == 1, (answer.url, name)


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/v1/customers", {}, 200),
        ("HEAD", "/v1/customers", {}, 200),
        ("GET", "/v1/customers", {"Accept": "text/csv"}, 200),
        ("GET", "/v1/customers", {"Accept": "application/x-ndjson"}, 200),
        ("GET", "/v1/events/stream?after=0&upto=1", {}, 200),
        ("GET", "/v1/customers?nobody=1", {}, 422),
        ("GET", "/v1/customers", {"Accept": "image/png"}, 406),
        ("GET", "/v1/customers", {"Authorization": "Bearer rk_nobody"}, 401),
        ("POST", "/v1/customers", {}, 422),
        ("PUT", "/v1/customers", {}, 405),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/v1/%ff", {}, 404),
        ("GET", "/metrics", {}, 200),
        ("GET", "/health/live", {}, 200),
    ],
)
def test_every_answer_is_safe_and_kept_by_no_cache(
    world: World, order: str, method: str, path: str, more: dict[str, str], status: int
) -> None:
    answer = world.client.request(method, path, headers={**world.admin, **more})
    assert answer.status_code == status
    assert_safe(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == NOTHING


def test_an_answer_that_did_not_change_is_still_not_sent_again(world: World, customer: str) -> None:
    first = world.client.get(customer, params={"after": world.head()})
    again = world.client.get(customer, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert_safe(again)
    assert again.headers["Cache-Control"] == "no-store"


def test_a_body_that_is_too_large_and_a_fault_of_the_server_get_safe_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    large = world.client.request("POST", "/v1/customers", content=b"x" * 200_000)
    assert large.status_code == 413
    assert_safe(large)
    monkeypatch.setattr(world.parts.deployment.store, "head", broken)
    with served(world.app) as url:
        fault = httpx.get(f"{url}/v1/events", headers=world.admin)
    assert fault.status_code == 500
    assert_safe(fault)


def test_every_route_without_a_key_gets_a_safe_answer(world: World, stranger_here: Client) -> None:
    paths = ["/docs", "/docs/start.js", "/openapi.json", *list(world.app.openapi()["paths"])]
    for path in paths:
        assert_safe(stranger_here.get(path.replace("{", "").replace("}", "")))
