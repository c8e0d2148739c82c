"""The CDNOW sample in every read model: how fast it is folded, and how many bytes an event takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from infra.servers.postgres import PostgresAt
from tests.benchmarks.bytes import FILE, Size, in_postgres, in_sqlite
from tests.benchmarks.figures import Figure, alone, in_turn
from tests.benchmarks.pipeline import SAMPLE


def figures(postgres: PostgresAt, rounds: int, file: Path = SAMPLE / FILE) -> Iterator[tuple[str, Figure]]:
    """In each round, the file is imported into new databases and folded into all read models."""
    sides: dict[str, Callable[[], Size]] = {
        "sqlite": lambda: _sqlite(file),
        "postgresql": lambda: _postgres(postgres, file),
    }
    results = in_turn(sides, rounds)
    for engine in sides:
        sizes = [one[engine] for one in results]
        yield f"fold-{engine}", alone([size.folded for size in sizes])
        yield f"bytes-log-{engine}", alone([size.per_event(size.log) for size in sizes])
        yield f"bytes-read-models-{engine}", alone([size.per_event(size.read_models) for size in sizes])


def _sqlite(file: Path) -> Size:
    with TemporaryDirectory(prefix="recount-bytes-") as home:
        return in_sqlite(Path(home), file)


def _postgres(postgres: PostgresAt, file: Path) -> Size:
    name = f"bench_{uuid4().hex}"
    size = in_postgres(postgres.create_database(name), file)
    postgres.drop_database(name)
    return size
