"""Measures, writes the record and draws it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.processes import logs
from infra.servers.kafka import Kafka
from infra.servers.postgres import Postgres
from tests.benchmarks.figures import Figure
from tests.benchmarks.growth import __doc__ as description
from tests.benchmarks.growth import record
from tests.benchmarks.growth.ground import Servers, made
from tests.benchmarks.growth.record import DOCS, ENGINES, MEASURES, Stage
from tests.benchmarks.growth.stage import Effort, fill, serve, write
from tests.benchmarks.place import place, processor

STAGES = (10_000, 100_000, 1_000_000, 5_000_000)
WRITTEN, REBUILT, LOADS = 15_000, 8_000, 80
"""For the estimate: events written and rebuilt per second, and seconds of starts and loads at a stage."""


def measure(engine: str, stages: Sequence[int], into: Path, effort: Effort) -> None:
    """Lets a deployment grow and measures each stage."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-growth-")))
        servers = _servers(engine, folder, stack)
        ground = made(engine, "grown", folder, servers)
        for seed, aim in enumerate(stages, start=1):
            begun = time.monotonic()
            written, events = write(ground, aim, seed)
            record.begin(engine, aim, Stage(place=place(), processor=processor(), events=events), into)

            def note(name: str, figure: Figure, aim: int = aim) -> None:
                record.note(engine, aim, name, figure, into)
                print(f"{engine:<11} {aim:>9,} {name:<18} {figure.ours:>10,g}  {_beside(figure)}", flush=True)

            note("write", written)
            for name, figure in fill(ground):
                note(name, figure)
            for name, figure in serve(ground, made(engine, f"empty_{aim}", folder, servers), effort):
                note(name, figure)
            print(f"{engine:<11} {aim:>9,} took {time.monotonic() - begun:.0f} s", flush=True)


def _servers(engine: str, folder: Path, stack: ExitStack) -> Servers | None:
    if engine == "sqlite":
        return None
    kafka = stack.enter_context(Kafka(folder / "kafka"))
    return Servers(stack.enter_context(Postgres(folder / "postgres")), kafka.bootstrap)


def _beside(figure: Figure) -> str:
    return "" if figure.ratio is None else f"{figure.ratio:.2f} of empty, ± {figure.spread:.0%}"


def estimated(engines: int, stages: Sequence[int]) -> float:
    """Minutes. Each stage rebuilds the whole log."""
    seconds = max(stages) / WRITTEN + sum(stages) / REBUILT + LOADS * len(stages)
    return engines * seconds / 60


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.growth", description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--engine", choices=ENGINES, action="append", help="all by default")
    parser.add_argument("--stages", type=_numbers, default=STAGES, help="numbers of events, with commas between them")
    parser.add_argument("--into", type=Path, default=DOCS, metavar="FOLDER", help="for the record and the pictures")
    parser.add_argument("--draw", action="store_true", help="measure nothing")
    asked = parser.parse_args()
    logs.configure("WARNING")
    asked.into.mkdir(parents=True, exist_ok=True)
    if not asked.draw:
        engines = asked.engine or list(ENGINES)
        print(f"about {estimated(len(engines), asked.stages):.0f} minutes; {len(MEASURES)} figures at each stage", flush=True)
        for engine in engines:
            measure(engine, asked.stages, asked.into, Effort())
    from tests.benchmarks.growth.drawing import draw

    for file in draw(record.read(asked.into), asked.into):
        print(file)


def _numbers(text: str) -> list[int]:
    return sorted(int(number) for number in text.split(","))


if __name__ == "__main__":
    main()
