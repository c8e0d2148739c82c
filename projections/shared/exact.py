"""Exact sums of whole numbers that may be too large for 64 bits together.

An amount is less than 10¹⁵ in up to four decimals, so a few hundred of the largest amounts are more than 2⁶³.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from projections.shared.vectors import Whole

HALF = 32


class Sums(NamedTuple):
    """The sum of each group is high × 2³² + low."""

    high: Whole
    low: Whole

    def of(self, group: int) -> int:
        return (int(self.high[group]) << HALF) + int(self.low[group])

    def every(self) -> list[int]:
        return [(high << HALF) + low for high, low in zip(self.high.tolist(), self.low.tolist(), strict=True)]

    def some(self, groups: Sequence[int]) -> list[int]:
        """The sums of these groups."""
        import numpy as np

        places = np.asarray(groups, np.intp)
        return Sums(self.high[places], self.low[places]).every()


def sums(values: Whole, groups: Whole, length: int) -> Sums:
    """The sum of the values in each group; groups are numbered from 0 to `length` - 1. There are less than 2³¹ values."""
    import numpy as np

    halves = np.zeros(length, np.int64), np.zeros(length, np.int64)
    if len(values) and max(int(values.max()), -int(values.min())) < 2**63 // len(values):
        np.add.at(halves[1], groups, values)
    elif len(values):
        np.add.at(halves[0], groups, values >> np.int64(HALF))
        np.add.at(halves[1], groups, values & np.int64(2**HALF - 1))
    return Sums(*halves)
