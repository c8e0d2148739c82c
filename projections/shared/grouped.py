"""Exact counts, sums and quantiles of whole numbers by group, computed for all groups together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]


QUANTILES = {"p50": (1, 2), "p90": (9, 10), "p95": (19, 20)}
# Durations are summed as seconds and microseconds separately: a sum of microseconds alone could exceed 2⁶³.
PART = 1_000_000


class Spread(NamedTuple):
    """Count, sum and quantiles of some values.

    A quantile is a fraction of whole numbers (numerator, denominator), or None if there is no value.
    """

    values: int
    sum: int
    quantiles: dict[str, tuple[int, int] | None]


def spreads(values: Whole, groups: Whole, length: int) -> list[Spread]:
    """The spread of the values in each group; groups are numbered from 0 to `length` - 1."""
    import numpy as np

    order = np.argsort(values)
    # NumPy sorts 16-bit integers stably by radix sort, in linear time.
    order = order[np.argsort(groups[order].astype(np.int16), kind="stable")]
    ordered, edges = values[order], np.concatenate(([0], np.cumsum(np.bincount(groups, minlength=length))))
    counts, sums = np.diff(edges).tolist(), _sums(ordered, edges)
    found = {name: (_quantiles(ordered, edges, part, of), of) for name, (part, of) in QUANTILES.items()}
    return [
        Spread(
            counts[group],
            sums[group],
            {name: (numbers[group], of) if counts[group] else None for name, (numbers, of) in found.items()},
        )
        for group in range(length)
    ]


def _sums(ordered: Whole, edges: NDArray[np.intp]) -> list[int]:
    import numpy as np

    parts = [np.concatenate(([0], np.cumsum(part))) for part in np.divmod(ordered, PART)]
    wholes, rests = ((part[edges[1:]] - part[edges[:-1]]).tolist() for part in parts)
    return [PART * whole + rest for whole, rest in zip(wholes, rests, strict=True)]


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
