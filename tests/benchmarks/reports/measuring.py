"""Fills the tables that reports read, and measures each report in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import msgspec
from sqlalchemy import text

from infra.read_models.tables import create_tables, prepare
from tests.benchmarks.reports.one import opened
from tests.benchmarks.reports.part import Part
from tests.benchmarks.reports.parts import PARTS
from tests.benchmarks.reports.table import LINE, WHAT, Measured, Reports, line


def measure(databases: Mapping[str, str], rows: int, note: Callable[[str], None]) -> Reports:
    """The reports of which something is required, over these empty databases, by engine. `note` prints a line."""
    begun = time.monotonic()
    note(LINE)
    measured: dict[str, dict[str, Measured]] = {engine: {} for engine in databases}
    for engine, name, one in each(databases, WHAT, rows):
        measured[engine][name] = one
        note(line(engine, name, one))
    return Reports(rows=rows, minutes=round((time.monotonic() - begun) / 60, 1), measured=measured)


def each(databases: Mapping[str, str], names: Collection[str], rows: int) -> Iterator[tuple[str, str, Measured]]:
    """The engine and the name of each report, and what is measured. Raises CalledProcessError.

    What the reports of a part read is filled in all databases at the same time: mostly, it is work of Python.
    """
    with ProcessPoolExecutor(len(databases), get_context("spawn")) as processes:
        for number, part in enumerate(PARTS):
            wanted = [name for name in names if name in part.reports]
            if wanted:
                list(processes.map(partial(fill_numbered, number=number, rows=rows), databases.values()))
            for engine, database in databases.items():
                for name in wanted:
                    yield engine, name, in_a_process(name, database)


def fill_numbered(database: str, number: int, rows: int) -> None:
    fill(database, PARTS[number], rows)


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
