"""Any number of rounds: `python -m tests.faults.chaos --rounds 1000 --parallel 4 --seed 1`.

Every twenty rounds a new deployment starts, with the next seed. To repeat a failure, give its seed. Several deployments can run
at the same moment, each with servers of its own. After each round, everything is compared. A deployment ends at its first
failure, and the others go on. At the end stands a table by kind; the exit status is 1 if anything failed.

A thousand rounds take hours. With `--results FILE`, each deployment's result is kept as it ends, and a repeat of the command
plays only the others.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.faults import rounds, table
from tests.faults.deployment import PROCESSES, deployed, servers
from tests.faults.kinds import ALL
from tests.servers import Keeper

ROUNDS_A_DEPLOYMENT = 20


class Played(NamedTuple):
    """The rounds of one deployment, and why it ended too early."""

    seed: int
    table: table.Table
    failure: str | None


class Results:
    """The result of each deployment, a line of JSON each, in a file if there is one."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.known: list[Played] = []
        if file and file.exists():
            self.known = [msgspec.json.decode(line, type=Played) for line in file.read_bytes().splitlines()]

    def add(self, played: Played) -> None:
        self.known.append(played)
        if self._file:
            with self._file.open("ab") as lines:
                lines.write(msgspec.json.encode(played) + b"\n")

    def seeds(self) -> set[int]:
        return {played.seed for played in self.known}

    def failed(self) -> list[int]:
        return [played.seed for played in self.known if played.failure]

    def whole(self) -> table.Table:
        whole = table.Table()
        for played in self.known:
            table.add(whole, played.table)
        return whole


def main() -> None:
    parser = argparse.ArgumentParser(description="Let faults happen under load, then compare all records.")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parallel", type=int, default=1, help="so many deployments at the same moment")
    parser.add_argument("--kinds", nargs="+", choices=ALL, default=[*ALL], metavar="KIND", help=f"some of: {', '.join(ALL)}")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="after so long, no other deployment starts")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep them there, and play only what it does not have")
    asked = parser.parse_args()
    begun, results = time.monotonic(), Results(asked.results)
    play, done = partial(play_on_one, kinds=asked.kinds), results.seeds()
    seeds = enumerate(range(asked.rounds, 0, -ROUNDS_A_DEPLOYMENT), start=asked.seed)
    try:
        # Whatever ends this process, its keeper ends the servers and the deployments.
        with closing(Keeper()), ProcessPoolExecutor(asked.parallel, get_context("spawn")) as pool:
            tasks = [pool.submit(play, seed, min(left, ROUNDS_A_DEPLOYMENT)) for seed, left in seeds if seed not in done]
            for played in _results(tasks, begun + 60 * asked.minutes):
                results.add(played)
                if played.failure:
                    print(f"\nseed {played.seed}: {played.failure}", file=sys.stderr, flush=True)
    finally:
        whole = results.whole()
        every = table.total(whole)
        print(f"\n{table.markdown(whole)}\n\n{every.rounds:,} rounds, of which {every.failed} did not end")
        print(f"{time.monotonic() - begun:.0f} s")
    if failed := results.failed():
        sys.exit(f"failed with seed {', '.join(map(str, failed))}")


def _results(tasks: Sequence[Future[Played]], until: float) -> Iterator[Played]:
    """The results in the order in which they come. When that time is over, tasks that have not begun are cancelled."""
    for task in as_completed(tasks):
        if time.monotonic() > until:
            for waiting in tasks:
                waiting.cancel()
        if not task.cancelled():
            yield task.result()


def play_on_one(seed: int, count: int, kinds: Sequence[str]) -> Played:
    """Rounds on a new deployment with new servers."""
    chosen, found = {name: ALL[name] for name in kinds}, table.Table()
    try:
        with servers() as running, deployed(running, alterations=dict.fromkeys(PROCESSES, ("clock",))) as deployment:
            try:
                rounds.run(deployment, seed, count, chosen, found)
            except Exception as error:
                error.add_note(deployment.last_words())
                raise
    except Exception as error:
        return Played(seed, found, "".join(traceback.format_exception(error, limit=-3)))
    return Played(seed, found, None)


if __name__ == "__main__":
    main()
