"""How sure an exact quantile is: the interval between two of the ordered values, whatever their distribution.

David and Nagaraja 2003, section 7.1, https://doi.org/10.1002/0471722162. It covers at least 95 % for continuous values, and
more where values are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projections.shared.vectors import Whole

METHOD = "order statistics"
TAIL = 0.025


def ranks(part: float, counts: Whole) -> tuple[Whole, Whole]:
    """The ranks of the bounds of the quantile at `part` of so many values, from 1: P(value[low] <= quantile <= value[high]).

    A rank of 0, or of one more than there are values, says that there is no such bound.
    """
    import numpy as np

    different, places = np.unique(counts, return_inverse=True)
    low, high = (_least(tail, different, part)[places] for tail in (TAIL, 1 - TAIL))
    return low, high + 1


def _least(tail: float, counts: Whole, part: float) -> Whole:
    """The least k that a binomial number of so many trials exceeds with a chance of 1 - tail at most.

    It is `scipy.stats.binom.ppf`, but importing `scipy.stats` takes as long as a report on half a million tickets.
    """
    import numpy as np
    from scipy.special import bdtr, bdtrik

    near = np.nan_to_num(np.ceil(bdtrik(tail, counts, part)))
    before = np.maximum(near - 1, 0)
    least: Whole = np.where(bdtr(before, counts, part) >= tail, before, near).astype(np.int64)
    return least
