"""Callers without a key, wrong methods, unknown paths and internal errors: the answers reveal little."""

from __future__ import annotations

import socket
import time

import httpx
import pytest
from structlog.testing import capture_logs

from tests.api.client import Client
from tests.api.conftest import World
from tests.api.served import served
from tests.api.shared.bad_input import PROBLEM, problem, sent


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "TRACE", "PROPFIND"])
def test_the_answer_to_a_wrong_method_names_the_allowed_ones(world: World, method: str) -> None:
    answer = world.client.request(method, "/v1/customers")
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, PROBLEM)
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/customers/{id}/archival"])
def test_a_path_that_cannot_be_read_has_no_head(world: World, path: str) -> None:
    answer = world.client.request("HEAD", path)
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (405, "POST", b"")


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/customer", "/v1/customers/", "/v1//customers", "/v1/%00", "/admin", "/.env"]
)
def test_an_unknown_path_is_not_found_with_and_without_a_key(world: World, path: str) -> None:
    stranger = Client(world.app)
    for client in (world.client, stranger):
        assert problem(client.get(path)) == (404, "nothing-here")
    stranger.close()


def test_the_key_is_checked_before_the_body_is_read(world: World, customer: str) -> None:
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
def test_an_invalid_key_is_refused(world: World, customer: str, header: str) -> None:
    text = header.replace("{id}", customer.rsplit("/", 1)[-1].replace("-", ""))
    answer = world.client.get("/v1/customers", headers={"Authorization": text.encode("latin-1")})
    assert problem(answer) == (401, "unauthenticated")


def test_a_revoked_key_stops_working_within_a_second(world: World) -> None:
    issued = world.client.post("/v1/keys", {"label": "Ada's", "roles": ["agent"]}).json()
    key = {"Authorization": f"Bearer {issued['key']}"}
    assert world.client.get("/v1/customers", headers=key).status_code == 200
    assert world.client.post(f"/v1/keys/{issued['id']}/revocation").status_code == 200
    revoked = asked = time.monotonic()
    while world.client.get("/v1/customers", headers=key).status_code != 401:
        assert asked < revoked + 1.0
        asked = time.monotonic()


def test_an_internal_error_reveals_no_details(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_malformed_http_breaks_nothing(world: World, request_line: bytes) -> None:
    with served(world.app) as url:
        at = httpx.URL(url)
        with socket.create_connection((at.host, at.port or 0), timeout=5) as connection:
            connection.sendall(request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = connection.recv(65536)
        assert httpx.get(f"{url}/health/live").status_code == 200
    assert answer.startswith(b"HTTP/1.1 4")
