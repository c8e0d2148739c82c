"""Each of several groups compared with all others together. p-values are adjusted, because there are several comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from projections.shared.figures import Test, as_decimal
from projections.shared.statistics.means import Moments, too_skewed, welch
from projections.shared.statistics.multiple import benjamini_hochberg
from projections.shared.statistics.proportions import Share, Tested, pooled_z

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from projections.shared.statistics.bootstrap import Reals

ADJUSTMENT = "Benjamini-Hochberg"
FEWEST_EVENTS = 20


class Sample(NamedTuple):
    """The number of values, and the sums of their powers. All samples that are compared have the same origin."""

    n: int
    sum: float
    squares: float
    cubes: float

    @classmethod
    def of(cls, values: Reals) -> Sample:
        return cls(len(values), float(values.sum()), float((values**2).sum()), float((values**3).sum()))

    def less(self, other: Sample) -> Sample:
        return Sample(self.n - other.n, self.sum - other.sum, self.squares - other.squares, self.cubes - other.cubes)

    def moments(self) -> Moments:
        """Of at least two values."""
        mean = self.sum / self.n
        variance = max(self.squares - self.sum * mean, 0.0) / (self.n - 1)
        return Moments(self.n, mean, variance, self.cubes / self.n - 3 * mean * self.squares / self.n + 2 * mean**3)


def rates(successes: Sequence[int], trials: Sequence[int]) -> list[Test | None]:
    """Tests whether each group has the rate of the others, by the pooled z.

    None for a group that has, or whose others have, fewer than `FEWEST_EVENTS` successes or failures: the normal
    approximation does not hold.
    """
    k, n = sum(successes), sum(trials)
    shares = [(Share(one, of), Share(k - one, n - of)) for one, of in zip(successes, trials, strict=True)]
    return _adjusted("pooled z", [_rate(one, others) for one, others in shares])


def _rate(one: Share, others: Share) -> Tested | None:
    least = min(one.events, one.n - one.events, others.events, others.n - others.events)
    return None if least < FEWEST_EVENTS else pooled_z(one, others)


def means(groups: Sequence[NDArray[Any]]) -> list[Test | None]:
    """Tests whether each group of values has the mean of the others, by Welch.

    None for a group that has, or whose others have, fewer than `FEWEST_EVENTS` values; if nothing varies; and if the values
    are too skewed for their number, so that the test would find a difference too often where there is none.
    """
    import numpy as np

    if not groups:
        return []
    # Around their common mean, sums of powers keep their digits.
    origin = float(np.concatenate(groups).mean())
    samples = [Sample.of(group.astype(np.float64) - origin) for group in groups]
    every = Sample(*(sum(column) for column in zip(*samples, strict=True)))
    return _adjusted("Welch t", [_mean(one, every.less(one)) for one in samples])


def _mean(one: Sample, others: Sample) -> Tested | None:
    if min(one.n, others.n) < FEWEST_EVENTS:
        return None
    of, of_others = one.moments(), others.moments()
    compared = welch(of, of_others) if too_skewed(of, of_others) is None else None
    return compared and Tested(compared.statistic, compared.p_value)


def _adjusted(method: str, found: Sequence[Tested | None]) -> list[Test | None]:
    adjusted = iter(benjamini_hochberg([one.p_value for one in found if one]))
    return [one and shown(one, method, next(adjusted), ADJUSTMENT) for one in found]


def shown(tested: Tested, method: str, adjusted: float | None, adjustment: str) -> Test:
    """The test as a report shows it; without an `adjusted` p-value it was the only one."""
    found = Test(method=method, statistic=as_decimal(tested.statistic), p_value=as_decimal(tested.p_value))
    if adjusted is None:
        return found
    return replace(found, adjusted_p_value=as_decimal(adjusted), adjustment=adjustment)
