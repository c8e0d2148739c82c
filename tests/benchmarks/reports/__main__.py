"""Reports over a million rows: the wall time, the CPU time and the largest memory of each, in a process of its own.

python -m tests.benchmarks.reports [--rows N] [--engine sqlite|postgresql] [--only NAME]
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from infra.read_models.database import ReadModels, postgres_read_models, sqlite_read_models
from infra.read_models.digest import one_moment
from infra.read_models.tables import create_tables
from infra.servers.postgres import Postgres
from projections.shared.rows import Rows
from tests.benchmarks.reports import segments, service

PARTS: Mapping[str, ModuleType] = {"service": service, "segments": segments}
AT_ONCE = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reports", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--at", help=argparse.SUPPRESS)
    parser.add_argument("--report", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.report:
        print(json.dumps(measured(asked.at, asked.report)))
        return
    for name in asked.only or PARTS:
        with filled(PARTS[name], asked.engine, asked.rows) as place:
            for report in PARTS[name].REPORTS:
                command = [sys.executable, "-m", "tests.benchmarks.reports", "--at", place, "--report", report]
                ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                print(asked.engine, report, ended.stdout.strip(), flush=True)


@contextmanager
def filled(part: ModuleType, engine: str, count: int) -> Iterator[str]:
    """The address of a database with so many rows."""
    with TemporaryDirectory(prefix="recount-bench-") as folder:
        if engine == "sqlite":
            place = f"{folder}/read-models.db"
            fill(part, place, count)
            yield place
        else:
            with Postgres(Path(folder) / "postgres") as postgres:
                fill(part, postgres.url, count)
                yield postgres.url


def fill(part: ModuleType, place: str, count: int) -> None:
    read_models = opened(place)
    with read_models.writer.begin() as connection:
        create_tables(connection, [table for projection in part.PROJECTIONS for table in projection.tables])
        for table, rows in part.rows(count):
            while some := list(islice(rows, AT_ONCE)):
                Rows(connection).insert(table, some)
    with read_models.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")
    read_models.close()


def opened(place: str) -> ReadModels:
    return postgres_read_models(place) if place.startswith("postgresql://") else sqlite_read_models(Path(place))


def measured(place: str, name: str) -> dict[str, Any]:
    """The figures of the first report of a process, and of the second one; and the memory that is held after both."""
    [report] = [part.REPORTS[name] for part in PARTS.values() if name in part.REPORTS]
    read_models, figures = opened(place), {}
    figures["before_mb"] = _memory("VmRSS")
    for number in ("first", "second"):
        with one_moment(read_models) as connection:
            begun, cpu = time.perf_counter(), time.process_time()
            report(connection)
            figures[f"{number}_s"] = round(time.perf_counter() - begun, 2)
            figures[f"{number}_cpu_s"] = round(time.process_time() - cpu, 2)
    figures |= {"most_mb": _memory("VmHWM"), "after_mb": _memory("VmRSS")}
    read_models.close()
    return figures


def _memory(name: str) -> int:
    """Megabytes of this process."""
    [kilobytes] = re.findall(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(kilobytes) // 1024


if __name__ == "__main__":
    main()
