"""With either generator, the server gets the planned requests."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.benchmarks.load import Load, measure

Request = tuple[str, str, str, str]


class Recorder(ThreadingHTTPServer):
    """Remembers method, path, key and name of every request; refuses those for the path /refused."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Request] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.command, self.path, self.headers["Idempotency-Key"], body["name"]))
        self.send_response(409 if self.path == "/refused" else 201)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """The test's own output is enough."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as recorder:
        threading.Thread(target=recorder.serve_forever, daemon=True).start()
        yield recorder
        recorder.shutdown()


@pytest.fixture(params=["the best generator available", "the generator in Python"], autouse=True)
def generator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "the generator in Python":
        monkeypatch.setenv("PATH", "")


def _load(url: str) -> Load:
    return Load(url, "POST", '{"name": "Ada {n}"}', {"Idempotency-Key": "key-{n}"}, ids=("a", "b"), connections=2, seconds=1)


def test_no_two_requests_are_the_same_and_the_ids_take_turns(recorder: Recorder) -> None:
    measured = measure(_load(recorder.url("/orders/{id}/payments?dry=no")))
    assert measured.errors == 0
    assert 0 < measured.requests <= len(recorder.seen)
    assert {(method, path) for method, path, _, _ in recorder.seen} == {
        ("POST", "/orders/a/payments?dry=no"),
        ("POST", "/orders/b/payments?dry=no"),
    }
    keys = [key for _, _, key, _ in recorder.seen]
    assert len(set(keys)) == len(keys)
    assert all(name == key.replace("key-", "Ada ") for _, _, key, name in recorder.seen)


def test_refusals_are_counted_as_errors(recorder: Recorder) -> None:
    measured = measure(_load(recorder.url("/refused")))
    assert measured.errors == measured.requests > 0
    assert 0 < measured.p50_ms <= measured.p99_ms
