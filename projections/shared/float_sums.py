"""Exact sums of many floating-point numbers by group, in portions: each sum is what `math.fsum` of its numbers is.

A float is a whole number times a power of two. These whole numbers are summed, which is exact, and rounded once at the end.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

DIGITS = 53
"""Binary digits of a float."""
LOW_BITS = 27
# The last digit of the smallest float, as a power of two.
LEAST = -1126


class FloatSums:
    """The sums of `length` groups."""

    def __init__(self, length: int) -> None:
        self._sums = [0] * length

    def add(self, values: NDArray[np.float64], groups: Whole) -> None:
        """Add these values to the sums of their groups. They are finite."""
        import numpy as np

        if not len(values):
            return
        fractions, powers = np.frexp(values)
        whole, least = np.ldexp(fractions, DIGITS).astype(np.int64), int(powers.min())
        span = int(powers.max()) - least + 1
        cells = groups * span + (powers - least)
        there = np.unique(cells)
        high, low = (np.zeros(len(self._sums) * span, dtype=np.int64) for _ in range(2))
        np.add.at(high, cells, whole >> LOW_BITS)
        np.add.at(low, cells, whole & ((1 << LOW_BITS) - 1))
        for cell in there.tolist():
            group, power = divmod(cell, span)
            self._sums[group] += (int(high[cell]) << LOW_BITS) + int(low[cell]) << least + power - DIGITS - LEAST

    def sums(self) -> list[float]:
        """One for each group; infinite if it is larger than the largest float."""
        return [_rounded(sum) for sum in self._sums]


def _rounded(sum: int) -> float:
    try:
        return sum / (1 << -LEAST)
    except OverflowError:
        return inf if sum > 0 else -inf
