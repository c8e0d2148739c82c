"""`make bench`: measures every figure on this machine in one run, against its peer if it has one."""

import argparse
import os
import platform
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.collecting import collect_seldom
from infra.processes.stopping import SERVERS_END_WITHIN, interrupt, when_asked_to_stop
from infra.servers.kafka import Kafka
from infra.servers.postgres import Postgres
from tests.benchmarks import over_http, pipeline, segments, visible
from tests.benchmarks.figures import Figure

PARTS = ("http", "pipeline", "visible", "segments")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="seconds of load for each side of a round")
    parser.add_argument("--events", type=int, default=50_000)
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, medians of {asked.rounds}")
    print("PostgreSQL 18 with fsync and synchronous_commit on, Apache Kafka 4 on one node, all on this machine\n")
    collect_seldom()
    with when_asked_to_stop(interrupt, SERVERS_END_WITHIN), ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-bench-")))
        postgres = stack.enter_context(Postgres(folder / "postgres"))
        kafka = stack.enter_context(Kafka(folder / "kafka"))
        for figure in _figures(postgres, kafka.bootstrap, folder, asked):
            print(figure.line(), flush=True)


def _figures(postgres: Postgres, kafka: str, folder: Path, asked: argparse.Namespace) -> Iterator[Figure]:
    parts = asked.only or PARTS
    if "http" in parts:
        yield from over_http.figures(postgres, kafka, asked.rounds, asked.seconds)
    if "pipeline" in parts:
        yield from pipeline.figures(postgres, kafka, asked.rounds, asked.events)
    if "visible" in parts:
        yield from visible.figures(postgres, kafka, 2 * asked.seconds)
    if "segments" in parts:
        yield from segments.figures(folder, asked.rounds)


if __name__ == "__main__":
    main()
