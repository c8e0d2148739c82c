"""An ASGI application served the same way for every side of a comparison: uvicorn, one worker, uvloop, httptools, no log."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
import psutil

from infra.servers.ports import kept_ports
from infra.servers.process import ServerProcess

OPTIONS = ("--loop", "uvloop", "--http", "httptools", "--workers", "1", "--no-access-log", "--log-level", "warning")


class Service(NamedTuple):
    """An address, and the process that answers there."""

    url: str
    process: ServerProcess

    def cpu_seconds(self) -> float:
        """CPU seconds of the process and its children since their start."""
        process = psutil.Process(self.process.pid)
        return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))


@contextmanager
def served(app: str, environment: Mapping[str, str] | None = None) -> Iterator[Service]:
    """The application `app` ("module:attribute") while it is served, on a free port of the loopback address."""
    with TemporaryDirectory(prefix="recount-served-") as folder:
        [port] = kept_ports(Path(folder) / "ports", 1)
        command = [sys.executable, "-m", "uvicorn", app, "--app-dir", os.getcwd(), "--port", str(port), *OPTIONS]
        process = ServerProcess(app, command, Path(folder) / "log", {**os.environ, **(environment or {})})
        url = f"http://127.0.0.1:{port}"
        try:
            process.start()
            process.wait_until_ready(lambda: _answers(url))
            yield Service(url, process)
        finally:
            process.stop()


def _answers(url: str) -> bool:
    try:
        httpx.get(f"{url}/openapi.json", timeout=2)
    except httpx.TransportError:
        return False
    return True
