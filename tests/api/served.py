"""The application on its real HTTP server, in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from infra.http.server import Server
from infra.settings import Settings


@contextmanager
def served(app: object, settings: Settings | None = None) -> Iterator[str]:
    """Runs the server and yields its URL."""
    ready = threading.Event()
    server = Server(app, settings or Settings(), ready.set)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), name="server")
        thread.start()
        try:
            assert ready.wait(10)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.end(0)
            thread.join()
