"""`make bench`: measures every figure of docs/benchmarks.md on this machine in one run, and writes the page."""

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.collecting import collect_seldom
from infra.processes import logs
from infra.processes.stopping import SERVERS_END_WITHIN, interrupt, when_asked_to_stop
from infra.servers.kafka import Kafka
from infra.servers.postgres import Postgres
from tests.benchmarks import over_http, page, pipeline, segments, visible
from tests.benchmarks.calibration import __main__ as calibration
from tests.benchmarks.figures import Figure
from tests.benchmarks.place import machine, place
from tests.benchmarks.rows import ROWS

PARTS = ("http", "pipeline", "visible", "segments")
CALIBRATION = "calibration"
"""How often statistics are right: it needs no server, and is no row of the page."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parts = (*PARTS, CALIBRATION)
    parser.add_argument("--only", choices=parts, action="append", help="only print the figures of this part")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="seconds of load for each side of a round")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--into", type=Path, default=page.PAGE.parent, help="folder of the page and its record")
    asked = parser.parse_args()
    if asked.only == [CALIBRATION]:
        calibration.main()
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
            print(_line(name, figure), flush=True)
        versions = machine(postgres.url)
    if not asked.only:
        minutes = (time.monotonic() - begun) / 60
        run = page.Run(
            place=here, machine=versions, rounds=asked.rounds, seconds=asked.seconds, minutes=minutes, figures=figures
        )
        page.write(run, asked.into / page.RECORD.name, asked.into / page.PAGE.name)


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


def _line(name: str, figure: Figure) -> str:
    row = ROWS[name]
    peer = "" if figure.ratio is None else f"  peer {figure.theirs:,.1f}  ratio {figure.ratio:.2f}"
    met = "" if row.target is None else f"  {row.target.met(figure.ours if figure.ratio is None else figure.ratio)}"
    return f"{name:<24} {figure.ours:>10,.1f} {row.unit}{peer}  ± {figure.spread:.0%}{met}"


if __name__ == "__main__":
    main()
