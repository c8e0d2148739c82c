"""Figures measured side by side: each side in turn, several rounds, and the median ratio."""

from collections.abc import Callable, Iterable
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """`ours` and `theirs` are medians of the rounds; `ratio` is the median of the ratios round by round."""

    what: str
    unit: str
    ours: float
    theirs: float | None = None
    ratio: float | None = None
    wanted: str = ""

    def line(self) -> str:
        peer = "" if self.theirs is None else f"  peer {self.theirs:,.1f}  ratio {self.ratio:.2f}"
        wanted = f"  (wanted: {self.wanted})" if self.wanted else ""
        return f"{self.what:<62} {self.ours:>12,.1f} {self.unit}{peer}{wanted}"


def compared(what: str, unit: str, rounds: Iterable[tuple[float, float]], wanted: str = "") -> Figure:
    """A figure from the pair (ours, theirs) of each round."""
    pairs = list(rounds)
    ratios = [ours / theirs for ours, theirs in pairs]
    return Figure(what, unit, median(a for a, _ in pairs), median(b for _, b in pairs), median(ratios), wanted)


def alone(what: str, unit: str, measure: Callable[[], float], rounds: int, wanted: str = "") -> Figure:
    return Figure(what, unit, median(measure() for _ in range(rounds)), wanted=wanted)
