"""Figures: medians of several rounds, in which the sides are measured in turn, and the spread of the rounds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import TypeVar

import msgspec

from tests.benchmarks.guard import half_interquartile, rounded

Result = TypeVar("Result")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`ours` and `theirs` are medians of the rounds; `ratio` is the median of the ratios round by round.

    `spread` is half the interquartile range of the ratios, or of `ours` where there is no peer, relative to the median.
    """

    ours: float
    theirs: float | None = None
    ratio: float | None = None
    spread: float
    rounds: int


def compared(rounds: Iterable[tuple[float, float]]) -> Figure:
    """A figure from the pair (ours, theirs) of each round."""
    pairs = list(rounds)
    ratios = [ours / theirs for ours, theirs in pairs]
    ours, theirs = (median(side) for side in zip(*pairs, strict=True))
    return Figure(
        ours=rounded(ours),
        theirs=rounded(theirs),
        ratio=rounded(median(ratios)),
        spread=spread(ratios),
        rounds=len(pairs),
    )


def alone(values: Sequence[float]) -> Figure:
    """A figure with no peer."""
    return Figure(ours=rounded(median(values)), spread=spread(values), rounds=len(values))


def measured(measure: Callable[[], float], rounds: int) -> Figure:
    return alone([measure() for _ in range(rounds)])


def spread(values: Sequence[float]) -> float:
    """0 for a single value, which shows none."""
    return rounded(half_interquartile(values) / median(values)) if len(values) > 1 else 0.0


def in_turn(sides: Mapping[str, Callable[[], Result]], rounds: int) -> list[dict[str, Result]]:
    """The result of each side in each round. The sides take turns to be first, so that a drift favours none."""
    names = list(sides)
    results = []
    for number in range(rounds):
        first = number % len(names)
        results.append({name: sides[name]() for name in names[first:] + names[:first]})
    return results
