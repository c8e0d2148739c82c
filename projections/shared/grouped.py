"""Exact counts, sums and quantiles of whole numbers by group, computed for all groups together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from projections.shared.statistics.quantiles import ranks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole


QUANTILES = {"p50": (1, 2), "p90": (9, 10), "p95": (19, 20)}
# Numbers are summed as their high and their low bits separately: a sum of a million durations in microseconds could exceed 2⁶³.
LOW_BITS = 20
BITS = 63
HALF, MIDDLE = 32, 1 << 31


class Spread(NamedTuple):
    """Count, sum, quantiles and the largest of some values.

    A quantile is a fraction of whole numbers (numerator, denominator), or None if there is no value. `bounds` are those of the
    quantiles at 95 %, if they were asked for; None where there are too few values for a bound.
    """

    values: int
    sum: int
    quantiles: dict[str, tuple[int, int] | None]
    largest: int | None
    bounds: dict[str, tuple[int | None, int | None]]


class Gathered:
    """Columns that arrive in portions."""

    def __init__(self) -> None:
        self._portions: defaultdict[str, list[NDArray[Any]]] = defaultdict(list)

    def add(self, **columns: NDArray[Any]) -> None:
        for name, column in columns.items():
            self._portions[name].append(column)

    def take(self, name: str) -> NDArray[Any]:
        """The whole column, which is released here; empty if nothing arrived."""
        import numpy as np

        portions = self._portions.pop(name, None)
        return np.concatenate(portions) if portions else np.zeros(0, dtype=np.int64)


class Pairs:
    """Numbers for the different pairs of two whole numbers; the first is from 0, the second from -2³¹, to 2³¹ - 1."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def numbers(self, first: Whole, second: Whole) -> Whole:
        import numpy as np

        known = self._known
        pairs, places = np.unique((first << HALF) + second, return_inverse=True)
        found = [known.setdefault(pair, len(known)) for pair in pairs.tolist()]
        numbers: Whole = np.array(found, dtype=np.int64)[places]
        return numbers

    def known(self) -> Iterator[tuple[int, int]]:
        """The pairs in the order of their numbers."""
        halves = (divmod(pair + MIDDLE, 1 << HALF) for pair in self._known)
        return ((first, second - MIDDLE) for first, second in halves)


def spreads(values: Whole, groups: Whole, length: int, *, bounded: bool = False) -> list[Spread]:
    """The spread of the values in each group; groups are numbered from 0 to `length` - 1. `bounded` asks for bounds."""
    import numpy as np

    ordered, edges = _ordered(values, groups, length), np.concatenate(([0], np.cumsum(np.bincount(groups, minlength=length))))
    counts, sums = np.diff(edges).tolist(), _sums(ordered, edges)
    found = {name: (_quantiles(ordered, edges, part, of), of) for name, (part, of) in QUANTILES.items()}
    largest = ordered[np.maximum(edges[1:] - 1, 0)].tolist() if len(ordered) else [0] * length
    bounds = {name: _bounds(ordered, edges, part / of) for name, (part, of) in QUANTILES.items()} if bounded else {}
    return [
        Spread(
            counts[group],
            sums[group],
            {name: (numbers[group], of) if counts[group] else None for name, (numbers, of) in found.items()},
            largest[group] if counts[group] else None,
            {name: pairs[group] for name, pairs in bounds.items()},
        )
        for group in range(length)
    ]


def spread(values: Whole, *, bounded: bool = False) -> Spread:
    """The spread of all values."""
    import numpy as np

    [found] = spreads(values, np.zeros(len(values), dtype=np.int64), 1, bounded=bounded)
    return found


def _ordered(values: Whole, groups: Whole, length: int) -> Whole:
    """The values sorted by group, and by value in each group.

    Group and value are sorted as one number if they fit into one: NumPy sorts numbers many times as fast as places.
    """
    import numpy as np

    if not len(values):
        return values
    least = int(values.min())
    bits = (int(values.max()) - least).bit_length()
    if bits + (length - 1).bit_length() > BITS:
        return values[np.lexsort((values, groups))]
    keys = groups << bits | values - least
    keys.sort()
    return (keys & ((1 << bits) - 1)) + least


def _sums(ordered: Whole, edges: NDArray[np.intp]) -> list[int]:
    import numpy as np

    parts = [np.concatenate(([0], np.cumsum(part))) for part in (ordered >> LOW_BITS, ordered & ((1 << LOW_BITS) - 1))]
    highs, lows = ((part[edges[1:]] - part[edges[:-1]]).tolist() for part in parts)
    return [(high << LOW_BITS) + low for high, low in zip(highs, lows, strict=True)]


def _quantiles(ordered: Whole, edges: NDArray[np.intp], part: int, of: int) -> list[int]:
    """`of` times the quantile at part/of, interpolated linearly between two values as SQL's percentile_cont does."""
    import numpy as np

    if not len(ordered):
        return [0] * (len(edges) - 1)
    last = len(ordered) - 1
    steps = np.maximum(np.diff(edges) - 1, 0) * part
    below = np.minimum(edges[:-1] + steps // of, last)
    above, rest = np.minimum(below + 1, last), steps % of
    found: list[int] = (ordered[below] * (of - rest) + np.where(rest > 0, ordered[above], 0) * rest).tolist()
    return found


def _bounds(ordered: Whole, edges: NDArray[np.intp], part: float) -> list[tuple[int | None, int | None]]:
    """The bounds of the quantile in each group."""
    import numpy as np

    if not len(ordered):
        return [(None, None)] * (len(edges) - 1)
    counts = np.diff(edges)
    low, high = ranks(part, counts)
    places = (np.clip(edges[:-1] + rank - 1, 0, len(ordered) - 1) for rank in (low, high))
    lows, highs = (ordered[place].tolist() for place in places)
    there = zip(lows, (low >= 1).tolist(), highs, (high <= counts).tolist(), strict=True)
    return [(least if is_low else None, most if is_high else None) for least, is_low, most, is_high in there]
