"""Prints the table. It takes some minutes to fill the tables."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.servers.postgres import Postgres
from tests.benchmarks.reports import __doc__ as description
from tests.benchmarks.reports.measuring import each
from tests.benchmarks.reports.parts import PARTS
from tests.benchmarks.reports.table import LINE, line
from tests.benchmarks.rows import ENGINES


def main() -> None:
    names = [name for part in PARTS for name in part.reports]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reports", description=description)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--only", choices=names, action="append")
    asked = parser.parse_args()
    wanted = asked.only or names
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-reports-")))
        databases = {engine: _database(engine, folder, stack) for engine in asked.engine or ENGINES}
        print(LINE)
        for engine, name, one in each(databases, wanted, asked.rows):
            print(line(engine, name, one), flush=True)


def _database(engine: str, folder: Path, stack: ExitStack) -> str:
    if engine == "sqlite":
        return str(folder / "reports.db")
    return stack.enter_context(Postgres(folder / "postgres")).create_database("reports")


if __name__ == "__main__":
    main()
