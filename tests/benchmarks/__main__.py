"""`make bench`: measures every figure of docs/benchmarks.md on this machine in one run, and writes the page."""

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.collecting import collect_seldom
from infra.processes import logs
from infra.processes.stopping import SERVERS_END_WITHIN, interrupt, when_asked_to_stop
from infra.servers.kafka import Kafka
from infra.servers.postgres import Postgres
from tests.benchmarks import cdnow, over_http, page, pipeline, relabelling, segments, visible
from tests.benchmarks.calibration import __main__ as calibration
from tests.benchmarks.figures import Figure
from tests.benchmarks.place import machine, place
from tests.benchmarks.reports.measuring import measure
from tests.benchmarks.reports.table import Reports
from tests.benchmarks.rows import ROWS

PARTS = ("http", "pipeline", "visible", "segments", "cdnow", "relabelling", "reports")
MILLION = 1_000_000
CALIBRATION = "calibration"
"""How often statistics are right: it needs no server, and is no row of the page."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parts = (*PARTS, CALIBRATION)
    parser.add_argument("--only", choices=parts, action="append", help="only print the figures of this part")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="seconds of load for each side of a round")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=MILLION, help="rows of each kind for reports, and customers to label")
    parser.add_argument("--into", type=Path, default=page.PAGE.parent, help="folder of the page and its record")
    asked = parser.parse_args()
    if asked.rows != MILLION and not asked.only and asked.into == page.PAGE.parent:
        parser.error("the page is about a million rows: --rows needs --only or --into")
    if CALIBRATION in (asked.only or ()):
        calibration.main()
        if set(asked.only) == {CALIBRATION}:
            return
    here, begun = place(), time.monotonic()
    logs.configure("WARNING")
    collect_seldom()
    figures: dict[str, Figure] = {}
    with when_asked_to_stop(interrupt, SERVERS_END_WITHIN), ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-bench-")))
        postgres = stack.enter_context(Postgres(folder / "postgres"))
        kafka = stack.enter_context(Kafka(folder / "kafka"))
        for name, figure in _figures(postgres, kafka.bootstrap, folder, asked):
            figures[name] = figure
            print(_line(name, figure, time.monotonic() - begun), flush=True)
        reports = _reports(postgres, folder, asked)
        versions = machine(postgres.url)
    if not asked.only:
        minutes = (time.monotonic() - begun) / 60
        run = page.Run(
            place=here,
            machine=versions,
            rounds=asked.rounds,
            seconds=asked.seconds,
            minutes=minutes,
            figures=figures,
            reports=reports,
        )
        page.write(run, asked.into / page.RECORD.name, asked.into / page.PAGE.name)
        if missing := ROWS.keys() - figures.keys():
            raise SystemExit(f"rows without a figure: {', '.join(missing)}")


def _figures(postgres: Postgres, kafka: str, folder: Path, asked: argparse.Namespace) -> Iterator[tuple[str, Figure]]:
    parts = asked.only or PARTS
    if "http" in parts:
        yield from over_http.figures(postgres, kafka, asked.rounds, asked.seconds)
    if "pipeline" in parts:
        yield from pipeline.figures(postgres, kafka, asked.rounds, asked.events)
    if "visible" in parts:
        yield from visible.figures(postgres, kafka, asked.rounds, 2 * asked.seconds)
    if "segments" in parts:
        yield from segments.figures(folder, asked.rounds)
    if "cdnow" in parts:
        yield from cdnow.figures(postgres, min(asked.rounds, 3))
    if "relabelling" in parts:
        yield from relabelling.figures(postgres, folder, asked.rows)


def _reports(postgres: Postgres, folder: Path, asked: argparse.Namespace) -> Reports | None:
    if "reports" not in (asked.only or PARTS):
        return None
    databases = {"sqlite": str(folder / "reports.db"), "postgresql": postgres.create_database("bench_reports")}
    return measure(databases, asked.rows, partial(print, flush=True))


def _line(name: str, figure: Figure, seconds: float) -> str:
    row = ROWS[name]
    peer = "" if figure.ratio is None else f"  peer {figure.theirs:,.1f}  ratio {figure.ratio:.2f}"
    met = "" if row.target is None else f"  {row.target.met(figure.ours if figure.ratio is None else figure.ratio)}"
    return f"{seconds / 60:>4.1f} min  {name:<26} {figure.ours:>10,} {row.unit}{peer}  ± {figure.spread:.0%}{met}"


if __name__ == "__main__":
    main()
