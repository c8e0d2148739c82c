"""Measures one report in this process: `python -m tests.benchmarks.reports.one NAME DATABASE`. Prints a `Measured` as JSON."""

from __future__ import annotations

import gc
import re
import sys
import time
from pathlib import Path

import msgspec

from api.shared.encoding import encode
from infra.memory import release_freed, release_pages
from infra.read_models.database import ReadModels, postgres_read_models, sqlite_read_models
from infra.read_models.digest import one_moment
from tests.benchmarks.reports.parts import PARTS
from tests.benchmarks.reports.table import Measured


def opened(database: str) -> ReadModels:
    return postgres_read_models(database) if "://" in database else sqlite_read_models(Path(database))


def measured(name: str, database: str) -> Measured:
    """Runs the report twice. The first run imports what it needs, as it does in a server."""
    [report] = [part.reports[name] for part in PARTS if name in part.reports]
    read_models = opened(database)

    def answer() -> int:
        """What a route does in a thread for long requests."""
        with one_moment(read_models) as connection:
            length = len(encode(report(connection)))
            release_pages(connection)
        release_freed()
        return length

    wall, cpu = time.perf_counter(), time.process_time()
    length = answer()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak, left = _memory("VmHWM"), _memory("VmRSS")
    again = time.perf_counter()
    answer()
    again = time.perf_counter() - again
    gc.collect()
    read_models.close()
    return Measured(wall, cpu, again, max(peak, _memory("VmHWM")), left, _memory("VmRSS"), length)


def _memory(name: str) -> float:
    [kilobytes] = re.findall(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(kilobytes) / 1000


if __name__ == "__main__":
    print(msgspec.json.encode(measured(*sys.argv[1:])).decode())
