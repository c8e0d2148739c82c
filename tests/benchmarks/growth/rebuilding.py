"""Rebuilds all read models in this process, for the deployment of its environment, and prints a `Rebuilding` as JSON."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing

import msgspec
from sqlalchemy import update

from consumers.rebuilding.rebuild import rebuild_all
from infra.collecting import collect_seldom
from infra.processes import logs
from infra.read_models import followed
from infra.read_models.positions import NEVER, projections
from infra.read_models.tables import prepare
from infra.settings import Settings
from infra.wiring import PROJECTIONS, Deployment, deploy
from tests.benchmarks.growth.ground import memory_mb


class Rebuilding(msgspec.Struct, frozen=True):
    """`seconds` of wall time and of CPU, and the most memory in MB."""

    events: int
    seconds: float
    cpu: float
    peak: float


def in_a_process(variables: Mapping[str, str]) -> Rebuilding:
    """Raises CalledProcessError."""
    run = [sys.executable, "-m", "tests.benchmarks.growth.rebuilding"]
    done = subprocess.run(run, check=True, stdout=subprocess.PIPE, env={**os.environ, **variables})
    return msgspec.json.decode(done.stdout, type=Rebuilding)


def rebuilt(deployment: Deployment) -> Rebuilding:
    """Builds all read models from the whole log. Followers skip what was grown: it has nothing for them to do."""
    head = deployment.store.head()
    prepare(deployment.read_models)
    with deployment.read_models.writer.begin() as connection:
        # Rows of another version do not bound a rebuild: it goes up to the head of the log.
        connection.execute(update(projections).values(version=NEVER))
        for name in followed.NAMES:
            followed.start(connection, name, head)
            followed.advance(connection, name, head)
    begun, worked = time.perf_counter(), time.process_time()
    for name, ended in rebuild_all(PROJECTIONS, deployment.store, deployment.read_models, deployment.partitions):
        if isinstance(ended, Exception):
            raise RuntimeError(f"{name} was not rebuilt") from ended
        assert (ended.position, ended.dead_letters) == (head, 0), ended
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    return Rebuilding(head, seconds, cpu, memory_mb("self", "VmHWM"))


if __name__ == "__main__":
    logs.configure("WARNING")
    collect_seldom()
    with closing(deploy(Settings())) as deployment:
        print(msgspec.json.encode(rebuilt(deployment)).decode())
