"""Prometheus metrics of a process without an API. Any answer also shows that the process is alive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from infra.command_line.terminal import Failed
from infra.settings import Settings


@contextmanager
def measured(settings: Settings) -> Iterator[None]:
    """Inside the block, GET /metrics answers on HOST and METRICS_PORT, if METRICS_PORT is set."""
    from prometheus_client import start_http_server

    if settings.metrics_port is None:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, settings.host)
    except OSError as error:
        where = f"RECOUNT_HOST {settings.host}, RECOUNT_METRICS_PORT {settings.metrics_port}"
        raise Failed(f"{where}: {error.strerror}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
