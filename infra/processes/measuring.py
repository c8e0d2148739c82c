"""Prometheus metrics of a process without an API. Any answer also shows that the process is alive."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from infra.http.listening import bound
from infra.settings import Settings

CONNECTIONS = 64


@contextmanager
def measured(settings: Settings) -> Iterator[None]:
    """Inside the block, GET /metrics answers on HOST and METRICS_PORT, if METRICS_PORT is set. It has the bounds of the API."""
    if settings.metrics_port is None:
        yield
        return
    with bound(settings.host, settings.metrics_port, "RECOUNT_METRICS_PORT") as listening, _served(listening, settings):
        yield


@contextmanager
def _served(listening: socket.socket, settings: Settings) -> Iterator[None]:
    from prometheus_client import make_asgi_app

    from infra.http.server import Server

    server = Server(make_asgi_app(), settings.model_copy(update={"connection_limit": CONNECTIONS}))
    thread = threading.Thread(target=server.run, args=([listening],), name="metrics")
    try:
        thread.start()
        yield
    finally:
        server.end_at_once()
        if thread.is_alive():
            thread.join()
