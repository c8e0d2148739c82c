"""One process of a peer, served as its documentation recommends, on a free port of the loopback address."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
import psutil

from infra.servers.ports import kept_ports
from infra.servers.process import ServerProcess

TREE = Path(__file__).parents[2]
DJANGO = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.django_peer.settings", "PYTHONPATH": str(TREE)}
THREADS = 20
"""Threads of Gunicorn: as many as the CRUD peer has connections."""


class Service(NamedTuple):
    """An address, and the process that answers there."""

    url: str
    process: ServerProcess

    def cpu_seconds(self) -> float:
        """CPU seconds of the process and its children since their start."""
        process = psutil.Process(self.process.pid)
        return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))


@contextmanager
def uvicorn(app: str, environment: Mapping[str, str] | None = None) -> Iterator[Service]:
    """The ASGI application `app` ("module:attribute"), served as Recount is: uvloop, httptools, no log of requests."""
    options = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "--app-dir", str(TREE))
    with _served(app, lambda port: ["uvicorn", app, "--port", str(port), *options], environment or {}) as service:
        yield service


@contextmanager
def django(database_url: str) -> Iterator[Service]:
    """The Django peer on Gunicorn, whose threads keep connections alive. Its tables are created."""
    environment = {**DJANGO, "DATABASE_URL": database_url}
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
    subprocess.run(migrate, env={**os.environ, **environment}, check=True)
    options = ("--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS), "--keep-alive", "30")
    app = "tests.benchmarks.django_peer.wsgi"
    with _served(app, lambda port: ["gunicorn", app, "--bind", f"127.0.0.1:{port}", *options], environment) as service:
        yield service


@contextmanager
def _served(name: str, command: Callable[[int], Sequence[str]], environment: Mapping[str, str]) -> Iterator[Service]:
    with TemporaryDirectory(prefix="recount-served-") as folder:
        [port] = kept_ports(Path(folder) / "ports", 1)
        run = [sys.executable, "-m", *command(port)]
        process = ServerProcess(name, run, Path(folder) / "log", {**os.environ, **environment})
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
