"""docs/growth.json: the figures of each engine at each stage, each written as soon as it is measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.benchmarks.figures import Figure
from tests.benchmarks.guard import Place
from tests.benchmarks.place import TREE

DOCS = TREE / "docs"
FILE = "growth.json"
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Measure(NamedTuple):
    """What a figure says, and its unit."""

    what: str
    unit: str


MEASURES: Mapping[str, Measure] = {
    "register-64": Measure("Commands, 64 connections", "per second"),
    "register-64-cpu": Measure("CPU of the server for a command, 64 connections", "ms"),
    "register-64-p50": Measure("Latency of a command, 64 connections, p50", "ms"),
    "register-64-p99": Measure("Latency of a command, 64 connections, p99", "ms"),
    "register-1": Measure("Commands, 1 connection", "per second"),
    "register-1-p50": Measure("Latency of a command, 1 connection, p50", "ms"),
    "register-1-p99": Measure("Latency of a command, 1 connection, p99", "ms"),
    "get-64": Measure("GET of random customers, 64 connections", "per second"),
    "get-64-p50": Measure("Latency of a GET, 64 connections, p50", "ms"),
    "as-of-p50": Measure("A customer as of the middle of the log, p50", "ms"),
    "as-of-p99": Measure("A customer as of the middle of the log, p99", "ms"),
    "start": Measure("Start of a server until its first answer", "s"),
    "memory": Measure("Memory of the server afterwards", "MB"),
    "memory-peak": Measure("Memory of the server at most", "MB"),
    "write": Measure("Events written in large commits", "per second"),
    "rebuild": Measure("Rebuild of all read models", "events/s"),
    "rebuild-cpu": Measure("Rebuild of all read models", "events/CPU-s"),
    "rebuild-peak": Measure("Memory of the rebuild at most", "MB"),
    "log-bytes": Measure("Log", "bytes/event"),
    "read-model-bytes": Measure("Read models", "bytes/event"),
}


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of a log with so many events."""

    place: Place
    processor: str
    events: int
    figures: Mapping[str, Figure] = {}


Record = dict[str, dict[int, Stage]]
"""By engine and by the number of events that a stage aims at."""


def read(folder: Path = DOCS) -> Record:
    """The record; empty if there is no file. Raises msgspec.DecodeError."""
    file = folder / FILE
    found = msgspec.json.decode(file.read_bytes(), type=Record) if file.exists() else {}
    return {engine: dict(sorted(found[engine].items())) for engine in ENGINES if engine in found}


def begin(engine: str, aim: int, stage: Stage, folder: Path) -> None:
    """Replaces the stage."""
    record = read(folder)
    record.setdefault(engine, {})[aim] = stage
    _write(record, folder)


def note(engine: str, aim: int, name: str, figure: Figure, folder: Path) -> None:
    """Adds a figure to the stage, which has begun."""
    record = read(folder)
    stage = record[engine][aim]
    known = {**stage.figures, name: figure}
    ordered = {name: known[name] for name in MEASURES if name in known}
    record[engine][aim] = msgspec.structs.replace(stage, figures=ordered)
    _write(record, folder)


def _write(record: Record, folder: Path) -> None:
    """Through a second file, so that an interruption leaves the record as it was."""
    new = folder / f"{FILE}.new"
    new.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
    new.replace(folder / FILE)
