"""The server gets the planned requests, and the figures are those of its answers."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.benchmarks.load import Load, measure, node, run

Request = tuple[str, str, str, str]
try:
    node()
except RuntimeError as reason:
    pytest.skip(str(reason), allow_module_level=True)


class Recorder(ThreadingHTTPServer):
    """Remembers method, path, key and name of every request; refuses those for the path /refused.

    What is sent gets the next position. A GET shows everything up to the position that it asks for.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Request] = []
        self.read: list[str] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def receive(self, request: Request) -> int:
        with self._lock:
            self.seen.append(request)
            return len(self.seen)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        position = self.server.receive((self.command, self.path, self.headers["Idempotency-Key"], body["name"]))
        self._answer(409 if self.path == "/refused" else 201, position, {"Location": f"/customers/{position}"})

    def do_GET(self) -> None:
        self.server.read.append(self.path)
        self._answer(200, int(self.path.rpartition("=")[2]), {})

    def _answer(self, status: int, position: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Position": str(position), "Content-Length": "6"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write('"éé"'.encode())

    def log_message(self, format: str, *args: object) -> None:
        """The test's own output is enough."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as recorder:
        threading.Thread(target=recorder.serve_forever, daemon=True).start()
        yield recorder
        recorder.shutdown()


BODY = '{"name": "Ada {n}"}'
HEADERS = {"Idempotency-Key": "key-{n}", "Authorization": "Bearer x"}


def _load(path: str, *recorders: Recorder) -> Load:
    urls = [recorder.url for recorder in recorders]
    ids = ("a", "b", "c")
    return Load(urls=urls, path=path, method="POST", body=BODY, headers=HEADERS, ids=ids, connections=2, seconds=0.3)


def test_no_two_requests_are_the_same_and_every_id_is_used(recorder: Recorder) -> None:
    measured = measure(_load("/orders/{id}/payments?dry=no", recorder))
    assert measured.requests == len(recorder.seen) > 0
    assert 0 < measured.p50_ms <= measured.p99_ms
    assert {(method, path) for method, path, _, _ in recorder.seen} == {
        ("POST", "/orders/a/payments?dry=no"),
        ("POST", "/orders/b/payments?dry=no"),
        ("POST", "/orders/c/payments?dry=no"),
    }
    keys = [key for _, _, key, _ in recorder.seen]
    assert len(set(keys)) == len(keys)
    assert all(name == key.replace("key-", "Ada ") for _, _, key, name in recorder.seen)


def test_no_two_connections_share_an_id(recorder: Recorder) -> None:
    with Recorder() as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        measure(_load("/orders/{id}", recorder, other))
        other.shutdown()
    assert {path for _, path, _, _ in recorder.seen} == {"/orders/a", "/orders/c"}
    assert {path for _, path, _, _ in other.seen} == {"/orders/b"}


def test_the_connections_are_spread_over_the_addresses(recorder: Recorder) -> None:
    with Recorder() as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        measured = measure(_load("/orders", recorder, other))
        other.shutdown()
    assert measured.requests == len(recorder.seen) + len(other.seen)
    assert recorder.seen
    assert other.seen


def test_a_load_that_is_refused_is_no_measurement(recorder: Recorder) -> None:
    with pytest.raises(RuntimeError, match=r"(\d+) of \1 requests"):
        measure(_load("/refused", recorder))


def test_a_steady_load_keeps_its_rate_and_one_poller_sees_every_command(recorder: Recorder) -> None:
    plan = {"urls": [recorder.url], "path": "/customers", "method": "POST", "body": BODY, "headers": HEADERS, "ids": []}
    result = run("visible.js", {**plan, "rate": 100, "seconds": 0.5, "connections": 4})
    assert len(recorder.seen) == 50
    assert 0 < result["commands_per_second"] <= 110
    assert result["answered_p99_ms"] > 0
    assert 0 < result["p50_ms"] <= result["p99_ms"]
    assert result["polls"] == {"200": len(recorder.read)}
    assert recorder.read[0].startswith("/customers/")
