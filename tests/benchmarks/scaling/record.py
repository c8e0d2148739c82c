"""docs/scaling.json: what was measured, and what the simulation makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tests.benchmarks.guard import Place
from tests.benchmarks.page import RECORD as BENCHMARKS
from tests.benchmarks.scaling.costs import Costs, OverHttp
from tests.benchmarks.scaling.path import Outcome, Site

RECORD = BENCHMARKS.with_name("scaling.json")


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Costs, and the sites by workers and connections ("2-64") that they were measured at, in one run.

    `quiet` are the rates of `make bench`, of the code at `benchmarks`.
    """

    place: Place
    costs: Costs
    sites: Mapping[str, OverHttp]
    quiet: Mapping[str, float]
    benchmarks: Place


class Simulated(msgspec.Struct, frozen=True):
    site: Site
    outcome: Outcome


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """`checked` are the sites that were measured too; `commands` have only commands, `whole` also what follows the log.

    `apart`: as `commands`, with a network between the API and PostgreSQL.
    """

    measured: Measured
    checked: Sequence[Simulated]
    commands: Sequence[Simulated]
    apart: Sequence[Simulated]
    whole: Sequence[Simulated]


def read() -> Record:
    return msgspec.json.decode(RECORD.read_bytes(), type=Record)


def write(record: Record) -> None:
    RECORD.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
