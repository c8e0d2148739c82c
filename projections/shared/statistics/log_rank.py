"""Whether groups take equally long, if some of what they do has not ended yet: the log-rank test of any number of groups.

Mantel 1966 (PMID 5910392); for more than two groups: Peto and Peto 1972, https://doi.org/10.2307/2344317, with the covariance
of Klein and Moeschberger 2003, section 7.3, https://doi.org/10.1007/b97377. For two groups it is `scipy.stats.logrank` squared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

    Floats = NDArray[np.float64]

CELLS = 200_000
"""So many numbers, each of a group at a time, are computed together: they fit into the cache of a core."""


class LogRank(NamedTuple):
    """The statistic, its degrees of freedom, and the p-value of the hypothesis that no group takes longer than another."""

    statistic: float
    freedom: int
    p_value: float


def log_rank(durations: Whole, ended: NDArray[np.bool_], groups: Whole, length: int) -> LogRank | None:
    """The test of groups numbered from 0 to `length` - 1. None if the data compare no two groups at any time."""
    import numpy as np
    from scipy.special import chdtrc

    order = np.argsort(durations)
    durations, ended, groups = durations[order], ended[order], groups[order]
    times = np.unique(durations[ended])
    # Each is at risk at the times before this place.
    leaves = np.searchsorted(times, durations, side="right")
    ends = np.bincount(leaves[ended] - 1, minlength=len(times))
    surplus = np.bincount(groups[ended], minlength=length).astype(float)
    covariance = np.zeros((length, length))
    at_risk = np.bincount(groups, minlength=length)[:, None]
    step = max(1, CELLS // length)
    for first in range(0, len(times), step):
        some = ends[first : first + step]
        left, right = np.searchsorted(leaves, (first, first + len(some)))
        risk = at_risk - np.cumsum(_table(groups[left:right], leaves[left:right] - first, length, len(some)), axis=1)
        at_risk = risk[:, -1:]
        _add(surplus, covariance, risk, some)
    freedom = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if not freedom:
        return None
    statistic = float(surplus @ np.linalg.pinv(covariance, hermitian=True) @ surplus)
    return LogRank(statistic, freedom, float(chdtrc(freedom, statistic)))


def _table(groups: Whole, places: Whole, length: int, width: int) -> Whole:
    """How many of each group are at each place."""
    import numpy as np

    table: Whole = np.bincount(groups * width + places, minlength=length * width).reshape(length, width)
    return table


def _add(surplus: Floats, covariance: Floats, risk: Whole, ends: Whole) -> None:
    """Takes the expected ends at these times from the surplus, and adds the covariance. Somebody is at risk at each of them."""
    import numpy as np

    of_all = risk.sum(axis=0)
    share = risk / of_all
    surplus -= share @ ends
    weight = ends * np.divide(of_all - ends, of_all - 1, where=of_all > 1, out=np.zeros(len(of_all)))
    weighted = share * weight
    covariance += np.diag(weighted.sum(axis=1)) - weighted @ share.T
