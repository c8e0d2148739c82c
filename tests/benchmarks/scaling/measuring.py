"""Measures the costs of all stages. Costs are CPU time, as the system counts it by thread or by process.

So a machine that others use too gives nearly the same, but the rates beside them need an idle one. It takes about four minutes,
and needs Node.js on the path, which makes the load.
"""

from __future__ import annotations

import resource
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psutil
import psycopg
from msgspec.structs import astuple

from consumers.projecting.projector import Projector
from consumers.rebuilding.rebuild import rebuild
from infra.routing import PARTITIONS
from infra.servers.kafka import Kafka
from infra.servers.postgres import Postgres
from infra.wiring import PROJECTIONS, Deployment
from tests.benchmarks import following as progress
from tests.benchmarks import mixed_log, pipeline, services
from tests.benchmarks.guard import Place, rounded
from tests.benchmarks.page import read as read_benchmarks
from tests.benchmarks.place import place
from tests.benchmarks.recount import deployed
from tests.benchmarks.scaling.commits import cpu, of_commits
from tests.benchmarks.scaling.costs import Following, OverHttp, costs
from tests.benchmarks.scaling.record import Measured

CUSTOMERS, RELAYED, SECONDS, ROUNDS = 1000, 20_000, 3, 3
SITES = {1: (1, 16, 64), 2: (16, 64)}
"""Connections, by the number of API workers."""


class Workers(NamedTuple):
    side: services.Side
    watching: Any

    def used(self) -> Used:
        """Microseconds of CPU until now."""
        pids = [service.process.pid for service in self.side.processes]
        committers = [cpu(_committer(pid)) for pid in pids]
        servers = [cpu(one.pid) for one in psutil.Process().children(recursive=True) if one.name() == "postgres"]
        made = resource.getrusage(resource.RUSAGE_CHILDREN)
        return Used(sum(map(cpu, pids)), sum(committers), sum(servers), (made.ru_utime + made.ru_stime) * 1e6)

    def measured(self, connections: int) -> OverHttp:
        commits, before = _commits(self.watching), self.used()
        answered = self.side.register(connections, SECONDS)
        used = [(after - earlier) / answered.requests for after, earlier in zip(self.used(), before, strict=True)]
        return OverHttp(answered.requests_per_second, answered.requests / (_commits(self.watching) - commits), *used)


class Used(NamedTuple):
    loop: float
    committer: float
    postgres: float
    load: float


def _over_http(postgres: Postgres, kafka: str) -> dict[str, OverHttp]:
    """By site: workers and connections. All sites in every round, so that a drift of the machine takes part in each."""
    with ExitStack() as stack:
        running = {workers: _running(stack, postgres, kafka, workers) for workers in SITES}
        seen: dict[str, list[OverHttp]] = defaultdict(list)
        for _ in range(ROUNDS):
            for workers, sites in SITES.items():
                for connections in sites:
                    seen[f"{workers}-{connections}"].append(running[workers].measured(connections))
                    print(workers, connections, seen[f"{workers}-{connections}"][-1], flush=True)
    return {site: _medians(rounds) for site, rounds in seen.items()}


def _running(stack: ExitStack, postgres: Postgres, kafka: str, workers: int) -> Workers:
    side, _ = services.recount(stack, postgres, kafka, workers)
    url = postgres.create_database(f"bench_recount_{workers}")
    side.register(64, SECONDS)
    return Workers(side, stack.enter_context(closing(psycopg.connect(url, autocommit=True))))


def _medians(rounds: Sequence[OverHttp]) -> OverHttp:
    return OverHttp(*(rounded(median(values)) for values in zip(*map(astuple, rounds), strict=True)))


def _committer(pid: int) -> int:
    [found] = [task for task in Path(f"/proc/{pid}/task").iterdir() if (task / "comm").read_text() == "committer\n"]
    return int(found.name)


def _commits(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM batches").fetchone()[0])


# From the log to the read models


class Followed(NamedTuple):
    """Seconds of CPU of this process, of PostgreSQL and of Kafka."""

    here: float
    postgres: float
    kafka: float


def _used() -> Followed:
    by_name = {"postgres": 0.0, "java": 0.0}
    for process in psutil.Process().children(recursive=True):
        if (name := process.name()) in by_name:
            by_name[name] += sum(process.cpu_times()[:2])
    return Followed(time.process_time(), by_name["postgres"], by_name["java"])


def _of_one(events: int, work: Callable[[], object]) -> Followed:
    """Microseconds for each event."""
    before = _used()
    work()
    return Followed(*(rounded((after - earlier) / events * 1e6) for after, earlier in zip(_used(), before, strict=True)))


def _relayed(postgres: Postgres, kafka: str, folder: Path) -> tuple[Followed, float]:
    """The costs of an event, and its bytes in the files of Kafka."""
    with closing(deployed(postgres.create_database("costs_relay"), kafka)) as deployment:
        pipeline.fill(deployment, RELAYED)
        topics = [pipeline.new_topic() for _ in range(5)]
        used = [_of_one(RELAYED, lambda: pipeline.relay_rate(deployment, kafka, topic, RELAYED)) for topic in topics]  # noqa: B023
        written = sum(file.stat().st_size for file in folder.rglob(f"{topics[0]}-*/*.log"))
        return Followed(*(median(column) for column in zip(*used[1:], strict=True))), rounded(written / RELAYED)


def _projected(deployment: Deployment, kafka: str, events: int) -> Followed:
    """Of all read models in one projector, through Kafka, from the beginning of the topic."""
    topic = pipeline.new_topic()
    pipeline.relay_rate(deployment, kafka, topic, events)
    following = progress.Following(deployment, topic)
    following.forget(PROJECTIONS)
    with closing(progress.kafka_source(deployment, kafka, topic, PROJECTIONS[0].name)) as source:
        projector = Projector(PROJECTIONS, source, deployment.store, deployment.read_models, PARTITIONS)

        def project() -> None:
            thread = threading.Thread(target=projector.run, daemon=True)
            thread.start()
            for projection in PROJECTIONS:
                following.wait_for_complete(projection.name, every=0.2)
            projector.stop()
            thread.join()

        return _of_one(events, project)


def _rebuilt(deployment: Deployment, events: int) -> dict[str, tuple[float, float]]:
    """Of each read model alone, in its process and in PostgreSQL: read, decoded and folded."""
    costs = {}
    for projection in PROJECTIONS:
        used = _of_one(events, lambda: rebuild(projection, deployment.store, deployment.read_models, PARTITIONS))  # noqa: B023
        costs[projection.name] = (used.here, used.postgres)
        print(projection.name, used, flush=True)
    return costs


def measured() -> Measured:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-bench-")))
        postgres = stack.enter_context(Postgres(folder / "postgres"))
        kafka = stack.enter_context(Kafka(folder / "kafka"))
        url = postgres.create_database("costs_commits")
        with closing(deployed(url, kafka.bootstrap)) as deployment:
            commits = of_commits(deployment, url)
        sites = _over_http(postgres, kafka.bootstrap)
        following = _following(postgres, kafka.bootstrap, folder)
    quiet, benchmarks = _of_make_bench()
    return Measured(place=place(), costs=costs(commits, sites, following), sites=sites, quiet=quiet, benchmarks=benchmarks)


def _following(postgres: Postgres, kafka: str, folder: Path) -> Following:
    relay, kafka_bytes = _relayed(postgres, kafka, folder)
    with closing(deployed(postgres.create_database("costs_project"), kafka)) as deployment:
        events = mixed_log.fill(deployment, CUSTOMERS)
        project = _projected(deployment, kafka, events)
        read_models = _rebuilt(deployment, events)
    return Following(*relay, *project, kafka_bytes, read_models)


def _of_make_bench() -> tuple[dict[str, float], Place]:
    run = read_benchmarks()
    assert run, "make bench has written nothing"
    sites = [(workers, connections) for workers in SITES for connections in SITES[workers]]
    return {f"{workers}-{count}": run.figures[f"register-{count}-crud-{workers}"].ours for workers, count in sites}, run.place
