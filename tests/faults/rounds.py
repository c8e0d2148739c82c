"""Rounds of kills and freezes on one deployment, which runs through all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice, product
from random import Random
from typing import Literal, NamedTuple

from tests.faults.books import Books
from tests.faults.deployment import KAFKA, PROCESSES, Deployment
from tests.faults.traffic import Traffic
from tests.faults.verdict import Figures, verdict

Action = Literal["kill", "freeze"]
ACTIONS: tuple[Action, ...] = ("kill", "freeze")
ROUNDS_A_VERDICT = 10
# Accepted commands before and during a kill; seconds of a freeze, sometimes more than the session time-out of a group.
BEFORE, MEANWHILE = (10, 120), (10, 40)
FROZEN, FROZEN_LONG, LONG_SHARE = (1.0, 3.0), 7.0, 0.3


class Round(NamedTuple):
    """What happens to `target` once `after` more commands were accepted.

    A killed one is restarted after `meanwhile` more commands, a frozen one is thawed after `seconds`.
    """

    target: str
    action: Action
    after: int
    meanwhile: int
    seconds: float

    def __str__(self) -> str:
        how = f"until {self.meanwhile} commands later" if self.action == "kill" else f"for {self.seconds:.1f} s"
        return f"{self.action} {self.target} after {self.after} commands, {how}"


def drawn(seed: int) -> Iterator[Round]:
    """Random rounds. Every target meets every action once before any combination repeats."""
    random = Random(seed)
    while True:
        deck = list(product((*PROCESSES, KAFKA), ACTIONS))
        random.shuffle(deck)
        for target, action in deck:
            seconds = FROZEN_LONG if random.random() < LONG_SHARE else random.uniform(*FROZEN)
            yield Round(target, action, random.randint(*BEFORE), random.randint(*MEANWHILE), seconds)


def run(deployment: Deployment, seed: int, rounds: int) -> Figures:
    """Play the rounds, with a verdict every ten rounds. Returns the last verdict. Prints the seed first, then each round."""
    print(f"seed {seed}", flush=True)
    books, coming = Books(), enumerate(islice(drawn(seed), rounds), start=1)
    figures = None
    while portion := list(islice(coming, ROUNDS_A_VERDICT)):
        with Traffic(deployment.urls, deployment.key, books, f"{seed}/{portion[0][0]}") as traffic:
            for number, round in portion:
                _play(deployment, traffic, number, round)
        figures = verdict(deployment, books)
        print(f"verdict: {figures}", flush=True)
    assert figures, "at least one round"
    return figures


def _play(deployment: Deployment, traffic: Traffic, number: int, round: Round) -> None:
    """Play the round, and wait until all read models contain every accepted command."""
    print(f"round {number}: {round}", end="", flush=True)
    traffic.wait_for_more(round.after)
    if round.action == "kill":
        deployment.kill(round.target)
        traffic.wait_for_more(round.meanwhile)
        deployment.restart(round.target)
    else:
        deployment.freeze(round.target)
        time.sleep(round.seconds)
        deployment.thaw(round.target)
    begun = time.monotonic()
    with traffic.calm():
        deployment.wait_until_caught_up()
    print(f"; caught up in {time.monotonic() - begun:.1f} s", flush=True)
