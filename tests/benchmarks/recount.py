"""Recount itself, run for a benchmark as its users run it: processes of the `recount` command line."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from api.shared.key_texts import new_key_text
from commands.operations import api_keys
from commands.shared.batch import Command
from consumers.rebuilding.rebuild import rebuild_all
from domain.shared.events import Actor, Context
from domain.shared.ids import new_id
from infra.read_models.tables import prepare
from infra.servers.ports import kept_ports
from infra.servers.process import ServerProcess
from infra.settings import Settings
from infra.wiring import PROJECTIONS, Deployment, deploy
from tests.benchmarks.clock import now
from tests.benchmarks.served import Service

MASTER_KEY = "5a" * 32
RECOUNT = str(Path(sys.executable).with_name("recount"))


def environment(database_url: str, kafka: str) -> dict[str, str]:
    return {"RECOUNT_DATABASE_URL": database_url, "RECOUNT_KAFKA": kafka, "RECOUNT_MASTER_KEY": MASTER_KEY}


def deployed(database_url: str, kafka: str) -> Deployment:
    """The stores, opened in this process."""
    deployment = deploy(Settings(database_url=database_url, kafka=kafka, master_key=MASTER_KEY))
    prepare(deployment.read_models)
    return deployment


def rebuild_all_of(deployment: Deployment) -> None:
    """Rebuilds all read models. Raises the error of one that cannot be rebuilt."""
    for _, ended in rebuild_all(PROJECTIONS, deployment.store, deployment.read_models, deployment.partitions):
        if isinstance(ended, Exception):
            raise ended


def admin_key(deployment: Deployment) -> str:
    """The text of a new key with all permissions."""
    executor, id = deployment.executor(), new_id()
    text, hash = new_key_text(id, deployment.store.secret)
    facts = {"key_id": id, "label": "benchmark", "roles": ["admin"], "hash": hash}
    context = Context(now=now(), actor=Actor(type="system", id="benchmark"))
    executor.submit(Command(api_keys.issue, facts, context)).result()
    executor.close()
    return text


@contextmanager
def process(arguments: list[str], variables: Mapping[str, str]) -> Iterator[ServerProcess]:
    """One process of the command line, stopped at the end of the block."""
    with TemporaryDirectory(prefix="recount-bench-") as folder:
        started = ServerProcess(arguments[0], [RECOUNT, *arguments], Path(folder) / "log", {**os.environ, **variables})
        try:
            started.start()
            yield started
        finally:
            started.stop()


@contextmanager
def api(variables: Mapping[str, str]) -> Iterator[Service]:
    """One API worker."""
    with TemporaryDirectory(prefix="recount-port-") as folder:
        [port] = kept_ports(Path(folder) / "ports", 1)
        url = f"http://127.0.0.1:{port}"
        with process(["serve"], {**variables, "RECOUNT_PORT": str(port)}) as started:
            started.wait_until_ready(lambda: _lives(url))
            yield Service(url, started)


def _lives(url: str) -> bool:
    try:
        return httpx.get(f"{url}/openapi.json", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
