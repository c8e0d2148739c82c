"""The CDNOW sample in every read model: how fast it is folded, and how many bytes an event takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.servers.postgres import PostgresAt
from infra.wiring import Deployment
from tests.benchmarks.bytes import FILE, Size, fill, in_postgres, in_sqlite, postgres_size, sqlite_size
from tests.benchmarks.figures import Figure, alone, measured
from tests.benchmarks.pipeline import SAMPLE
from tests.benchmarks.recount import rebuild_all_of

DATABASE = "bench_cdnow"


def figures(postgres: PostgresAt, rounds: int, file: Path = SAMPLE / FILE) -> Iterator[tuple[str, Figure]]:
    with TemporaryDirectory(prefix="recount-bytes-") as home:
        with in_sqlite(Path(home)) as deployment:
            events = fill(deployment, file)
            yield "fold-sqlite", measured(lambda: _folded(deployment, events), rounds)
        yield from _sizes("sqlite", sqlite_size(Path(home), events))
    url = postgres.create_database(DATABASE)
    with in_postgres(url) as deployment:
        events = fill(deployment, file)
        yield "fold-postgresql", measured(lambda: _folded(deployment, events), rounds)
    yield from _sizes("postgresql", postgres_size(url, events))
    postgres.drop_database(DATABASE)


def _folded(deployment: Deployment, events: int) -> float:
    """Events per second of this process's CPU, in a rebuild of all that has been done before."""
    begun = time.process_time()
    rebuild_all_of(deployment)
    return events / (time.process_time() - begun)


def _sizes(engine: str, size: Size) -> Iterator[tuple[str, Figure]]:
    yield f"bytes-log-{engine}", alone([size.per_event(size.log)])
    yield f"bytes-read-models-{engine}", alone([size.per_event(size.read_models)])
