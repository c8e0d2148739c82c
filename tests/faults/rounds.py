"""Rounds of faults on one deployment, which runs through all of them."""

from __future__ import annotations

import time
from itertools import islice

from tests.faults.books import Books
from tests.faults.deployment import Deployment
from tests.faults.kinds import KILLS_AND_FREEZES, Kinds, Round, drawn
from tests.faults.table import Row, Table
from tests.faults.traffic import Traffic
from tests.faults.verdict import Figures, verdict

ROUNDS_A_VERDICT = 10
# To rebuild every read model takes longer than the round.
ROUNDS_A_REBUILD = 5


def run(
    deployment: Deployment,
    seed: int,
    rounds: int,
    kinds: Kinds = KILLS_AND_FREEZES,
    table: Table | None = None,
) -> Figures:
    """Play the rounds, with a verdict every ten rounds. Returns the last one. Prints each round, with the seed.

    If there is a table, it gets every round, and there is a verdict after each, so that a difference belongs to a kind. Only
    every fifth verdict rebuilds the read models.
    """
    each, books, figures = table is not None, Books(), None
    table = table if table is not None else {}
    with Traffic(deployment.urls, deployment.key, books, seed) as traffic:
        for number, round in enumerate(islice(drawn(seed, kinds), rounds), start=1):
            name = f"seed {seed}, round {number}"
            print(f"{name}: {round}", flush=True)
            with table.setdefault(round.kind, Row()).counting(books):
                seconds = _play(deployment, traffic, kinds, round)
                print(f"{name}: caught up in {seconds:.1f} s", flush=True)
                rebuilt = number % (ROUNDS_A_REBUILD if each else ROUNDS_A_VERDICT) == 0 or number == rounds
                if each or rebuilt:
                    with traffic.paused():
                        figures = verdict(deployment, books, rebuilt=rebuilt)
                    print(f"{name}: {figures}", flush=True)
    assert figures, "at least one round"
    return figures


def _play(deployment: Deployment, traffic: Traffic, kinds: Kinds, round: Round) -> float:
    """Play the round, and wait until all read models contain every accepted command. Returns how many seconds that took."""
    traffic.wait_for_more(round.after)
    play, _ = kinds[round.action]
    play(deployment, traffic, round)
    begun = time.monotonic()
    with traffic.calm():
        deployment.wait_until_caught_up()
    return time.monotonic() - begun
