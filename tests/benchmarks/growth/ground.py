"""A deployment in a temporary place, in which processes work one after another: this one, a rebuild, a server."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
import msgspec

from infra.read_models.tables import prepare
from infra.servers.ports import kept_ports
from infra.servers.postgres import PostgresAt
from infra.settings import Settings
from infra.wiring import Deployment, deploy
from tests.benchmarks.recount import MASTER_KEY, admin_key, process
from tests.benchmarks.served import Service
from tests.benchmarks.services import JSON, OURS, Side
from tests.waiting import wait_until

QUIET_SECONDS, QUIET_SHARE = 0.25, 0.1
"""A server is quiet if, for so long, it uses less than this share of a processor."""


class Servers(NamedTuple):
    """PostgreSQL, and the address of a Kafka to which no relay sends."""

    postgres: PostgresAt
    kafka: str


class Ground(msgspec.Struct, frozen=True):
    """`variables` are the settings of every process that works on the deployment; `headers` have a key for requests."""

    engine: str
    variables: Mapping[str, str]
    headers: Mapping[str, str]

    @contextmanager
    def opened(self) -> Iterator[Deployment]:
        """The stores, opened in this process. Of SQLite, no server may run meanwhile."""
        with closing(deploy(_settings(self.variables))) as deployment:
            prepare(deployment.read_models)
            yield deployment

    @contextmanager
    def served(self, path: str) -> Iterator[tuple[Side, float]]:
        """A server, and the seconds from the start of its process until it first answered a GET of `path` with success.

        It is looked at every 50 ms. On SQLite it is the whole embedded deployment, on PostgreSQL one API worker.
        """
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-port-")))
            [port] = kept_ports(folder / "ports", 1)
            url = f"http://127.0.0.1:{port}"
            client = stack.enter_context(httpx.Client(base_url=url, headers=self.headers, timeout=60))
            begun = time.perf_counter()
            server = stack.enter_context(process(["serve"], {**self.variables, "RECOUNT_PORT": str(port)}))
            server.wait_until_ready(lambda: _answers(client, path))
            seconds = time.perf_counter() - begun
            side = Side([Service(url, server)], "/v1/customers", OURS, self.headers)
            until_quiet(side)
            yield side, seconds


def made(engine: str, name: str, folder: Path, servers: Servers | None) -> Ground:
    """A new deployment, which is empty except for the key."""
    home = folder / name
    home.mkdir(mode=0o700)
    variables = {"RECOUNT_HOME": str(home), "RECOUNT_MASTER_KEY": MASTER_KEY}
    if servers:
        variables |= {"RECOUNT_DATABASE_URL": servers.postgres.create_database(name), "RECOUNT_KAFKA": servers.kafka}
    with Ground(engine, variables, {}).opened() as deployment:
        return Ground(engine, variables, {"Authorization": f"Bearer {admin_key(deployment)}", **JSON})


def until_quiet(side: Side) -> None:
    """Returns once the server has nothing left to do, such as events to fold or to follow. Raises TimeoutError."""

    def is_quiet() -> bool:
        before = side.cpu_seconds()
        time.sleep(QUIET_SECONDS)
        return side.cpu_seconds() - before < QUIET_SHARE * QUIET_SECONDS

    wait_until(is_quiet, "a server with nothing to do")


def memory_mb(pid: int | str, name: str) -> float:
    """Memory of a process in MB: `VmRSS` now, `VmHWM` at most. Linux only."""
    [kilobytes] = re.findall(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(kilobytes) / 1000


def _settings(variables: Mapping[str, str]) -> Settings:
    given = {name.removeprefix("RECOUNT_").lower(): value for name, value in variables.items()}
    return Settings.model_validate(given)


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False
