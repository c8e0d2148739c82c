"""Counts, sums and quantiles of whole numbers by group, exact and for all groups at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]


QUANTILES = {"p50": (1, 2), "p90": (9, 10), "p95": (19, 20)}
# Seconds and microseconds: their sums stay far below 2⁶³, where those of microseconds would not.
PART = 1_000_000


class Spread(NamedTuple):
    """`quantiles` are fractions of whole numbers: `of` times the quantile, and `of`. None where there is no value."""

    values: int
    sum: int
    quantiles: dict[str, tuple[int, int] | None]


def spreads(values: Whole, groups: Whole, length: int) -> list[Spread]:
    """How the values lie in each of the groups, which are numbered from 0 to `length`."""
    import numpy as np

    order = np.argsort(values)
    # A stable sort of short whole numbers takes no time to speak of.
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
    """`of` times the quantile at part/of: between two values in proportion, as SQL's percentile_cont has it."""
    import numpy as np

    if not len(ordered):
        return [0] * (len(edges) - 1)
    last = len(ordered) - 1
    steps = np.maximum(np.diff(edges) - 1, 0) * part
    below = np.minimum(edges[:-1] + steps // of, last)
    above, rest = np.minimum(below + 1, last), steps % of
    found: list[int] = (ordered[below] * (of - rest) + np.where(rest > 0, ordered[above], 0) * rest).tolist()
    return found
