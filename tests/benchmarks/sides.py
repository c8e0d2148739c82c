"""Two sides of a figure, measured in turn."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

UNCOUNTED = 1  # rounds in which both sides warm up
FEWEST = 3  # rounds that a meaningful median needs


class Pair(NamedTuple):
    """The two sides. Each does its share of a round, and returns its rate."""

    ours: Callable[[], float]
    theirs: Callable[[], float]

    def ratio(self, ours_first: bool) -> float:
        if ours_first:
            ours = self.ours()
            return ours / self.theirs()
        theirs = self.theirs()
        return self.ours() / theirs


def ratios(pairs: Mapping[str, Pair], wanted: Iterable[str], rounds: int, deadline: float) -> dict[str, list[float]]:
    """The ratios of the wanted pairs, round by round. The sides take turns to be first, so that a drift favours neither.

    After the deadline, in time.monotonic(), a round starts only if fewer than FEWEST are counted.
    """
    chosen = {name: pairs[name] for name in wanted if name in pairs}
    counted: dict[str, list[float]] = {name: [] for name in chosen}
    for number in range(UNCOUNTED + rounds):
        if number >= UNCOUNTED + FEWEST and time.monotonic() > deadline:
            break
        for name, pair in chosen.items():
            ratio = pair.ratio(ours_first=number % 2 == 0)
            if number >= UNCOUNTED:
                counted[name].append(ratio)
    return counted
