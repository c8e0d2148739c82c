"""Prints the table. It takes some minutes to fill the tables of each engine."""

from __future__ import annotations

import argparse
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from sqlalchemy import text

from infra.read_models.tables import create_tables, prepare
from infra.servers.postgres import Postgres
from tests.benchmarks.reports import __doc__ as description
from tests.benchmarks.reports.one import Measured, opened
from tests.benchmarks.reports.part import Part
from tests.benchmarks.reports.parts import PARTS

ENGINES = ("sqlite", "postgresql")
REQUIRED, AIM, MB = 3.0, 2.0, 600
"""Seconds of wall time, and the most memory."""
HEAD = f"{'engine':<11} {'report':<26} {'wall':>7} {'again':>7} {'CPU':>7} {'peak':>8} {'left':>8} {'again':>8} {'answer':>9}"


def main() -> None:
    names = [name for part in PARTS for name in part.reports]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reports", description=description)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--only", choices=names, action="append")
    asked = parser.parse_args()
    parts = [part for part in PARTS if not asked.only or set(asked.only) & set(part.reports)]
    print(HEAD)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-reports-")))
        for engine in asked.engine or ENGINES:
            server = stack.enter_context(Postgres(folder / "postgres")) if engine == "postgresql" else None
            for number, part in enumerate(parts):
                # Parts may fill the same tables in their own ways.
                place = f"reports_{number}"
                database = server.create_database(place) if server else str(folder / f"{place}.db")
                fill(database, part, asked.rows)
                for name in part.reports:
                    if name in (asked.only or names):
                        print(line(engine, name, in_a_process(name, database)), flush=True)


def fill(database: str, part: Part, rows: int) -> None:
    """Makes the tables of the part and fills them."""
    read_models = opened(database)
    prepare(read_models)
    with read_models.writer.begin() as connection:
        create_tables(connection, [table for projection in part.read_models for table in projection.tables])
        part.fill(connection, rows)
    if "://" in database:
        # As autovacuum does after a while.
        with read_models.reader.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
    read_models.close()


def in_a_process(name: str, database: str) -> Measured:
    """Raises CalledProcessError."""
    run = [sys.executable, "-m", "tests.benchmarks.reports.one", name, database]
    done = subprocess.run(run, check=True, stdout=subprocess.PIPE)
    return msgspec.json.decode(done.stdout, type=Measured)


def line(engine: str, name: str, one: Measured) -> str:
    met = "aim met" if one.wall <= AIM and one.peak <= MB else "met" if one.wall <= REQUIRED and one.peak <= MB else "NOT met"
    seconds = f"{one.wall:>6.2f}s {one.again:>6.2f}s {one.cpu:>6.2f}s"
    memory = f"{one.peak:>7.0f}M {one.left:>7.0f}M {one.left_again:>7.0f}M"
    return f"{engine:<11} {name:<26} {seconds} {memory} {one.answer / 1000:>8,.0f}k  {met}"


if __name__ == "__main__":
    main()
