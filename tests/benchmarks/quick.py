"""`make bench-quick`: checks in three minutes whether a figure has fallen against its peer since it was recorded.

Only ratios are shown, of the work done per second of CPU. If others use the machine too, both sides get less time, but a second
of CPU stays a second of CPU: measured on such a machine, the relay's ratio varied by 12 % by the clock and by 2 % by CPU. Both
sides are measured in every round and take turns to be first, so that a drift affects both. Only the CPU of the process under
test counts. The CPU of PostgreSQL and Kafka is left out on both sides, so a slower query shows in `make bench` and not here.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.collecting import collect_seldom
from infra.processes import logs
from infra.processes.stopping import SERVERS_END_WITHIN, interrupt, when_asked_to_stop
from infra.servers.kafka import Kafka
from infra.servers.postgres import Postgres
from tests.benchmarks import folding, quick_http, quick_pipeline
from tests.benchmarks.guard import (
    Place,
    elsewhere,
    fallen,
    not_compared,
    read_record,
    summary,
    write_record,
)
from tests.benchmarks.place import place
from tests.benchmarks.sides import FEWEST, Pair, ratios

WHAT = {
    "register": "customers registered over HTTP, each asked for duplicates, 64 connections; peer: CRUD insert",
    "change": "customers changed over HTTP, 64 connections; peer: CRUD update",
    "get": "customers read over HTTP, 64 connections; peer: CRUD read by id",
    "fold": "events folded into every read model; peer: the same events decoded and upserted into one table",
    "relay": "events sent from the store to Kafka; peer: the bare producer",
    "projector": "events folded from Kafka into channel_sales; peer: the bare consumer",
}
LIMIT = 150.0  # seconds for a run, without its end; on a busy machine it has fewer rounds


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-quick", description=__doc__)
    parser.add_argument("--only", choices=WHAT, action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="seconds of HTTP load for each side of a round")
    parser.add_argument("--record", action="store_true", help="write docs/benchmarks.json instead of comparing with it")
    parser.add_argument(
        "--runs", type=int, default=1, help="whole runs, each on its own servers; the spread includes their differences"
    )
    asked = parser.parse_args()
    if asked.rounds < FEWEST or asked.runs < 1:
        parser.error(f"needs at least {FEWEST} rounds and one run")
    wanted, here = [name for name in WHAT if name in (asked.only or WHAT)], place()
    logs.configure("WARNING")
    collect_seldom()
    with when_asked_to_stop(interrupt, SERVERS_END_WITHIN):
        runs = [measure(wanted, asked.rounds, asked.seconds) for _ in range(asked.runs)]
    figures = {name: summary(WHAT[name], [run[name] for run in runs], here) for name in wanted}
    for name, figure in figures.items():
        print(f"{name:<10} {figure.ratio:>8.4g} × its peer   ± {figure.spread:4.0%}   {figure.what}")
    if asked.record:
        write_record(figures, tuple(WHAT))
        return 0
    return _compared({name: figure.ratio for name, figure in figures.items()}, here)


def _compared(measured: Mapping[str, float], here: Place) -> int:
    """Print the comparison; return exit status 1 if a figure fell."""
    record = read_record()
    for line in (*not_compared(record, measured), *elsewhere(record, tuple(measured), here)):
        print(line)
    lines = fallen(record, measured)
    print("\n".join(lines) or "no figure fell")
    return 1 if lines else 0


def measure(wanted: Sequence[str], rounds: int, seconds: int) -> dict[str, list[float]]:
    """One whole run: the ratios of each figure, round by round."""
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="recount-bench-")))
        postgres = stack.enter_context(Postgres(folder / "postgres"))
        kafka = stack.enter_context(Kafka(folder / "kafka"))
        found: dict[str, list[float]] = {}
        for part, until in _parts(postgres, kafka.bootstrap, seconds, wanted):
            with part as pairs:
                found |= ratios(pairs, wanted, rounds, begun + until)
        return found


def _parts(
    postgres: Postgres, kafka: str, seconds: int, wanted: Sequence[str]
) -> Iterator[tuple[AbstractContextManager[Mapping[str, Pair]], float]]:
    """The parts, to be run one after another, each with the second of the run by which it should be done."""
    if {"register", "change", "get"} & set(wanted):
        yield quick_http.pairs(postgres, kafka, seconds), 0.6 * LIMIT
    if "fold" in wanted:
        yield folding.pairs(postgres, kafka), 0.75 * LIMIT
    if {"relay", "projector"} & set(wanted):
        yield quick_pipeline.pairs(postgres, kafka), 0.9 * LIMIT


if __name__ == "__main__":
    sys.exit(main())
