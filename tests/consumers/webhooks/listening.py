"""A receiver of webhooks: a real HTTP server on this machine that stores every request and answers as the test sets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Taken(NamedTuple):
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class Listener:
    """Answers with `status`, and with `location` if that is set; once it has taken `fail_after` requests, with 500."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 204
        self.location: str | None = None
        self.fail_after: int | None = None
        self.taken: list[Taken] = []
        self.connections = 0

    def types(self) -> list[str]:
        return [one.event["type"].removeprefix("crm.").rpartition(".v")[0] for one in self.taken]

    def positions(self) -> list[int]:
        return [one.event["position"] for one in self.taken]


@contextmanager
def listening() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            listener.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.taken.append(Taken(dict(self.headers), body))
            down = listener.fail_after is not None and len(listener.taken) > listener.fail_after
            self.send_response(500 if down else listener.status)
            if listener.location:
                self.send_header("Location", listener.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Writes no log, because tests are silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        listener = Listener(f"http://127.0.0.1:{server.server_address[1]}/events")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="listener")
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()
