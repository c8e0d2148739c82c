"""How long something takes when some of it has not happened yet: the curve of Kaplan and Meier, and what is read from it.

Durations are whole numbers of any unit, and results have the same unit. An observation that has not ended is censored: it
lasted at least so long. The estimate is right if what is censored would not have taken longer than the rest.

- Curve: Kaplan and Meier 1958, https://doi.org/10.1080/01621459.1958.10501452 (`scipy.stats.ecdf`).
- Error of the curve: Greenwood 1926; its band on the log-log scale: Kalbfleisch and Prentice 2002,
  https://doi.org/10.1002/9781118032985
- Interval of a quantile: Brookmeyer and Crowley 1982, https://doi.org/10.2307/2530286
- Restricted mean: Irwin 1949, https://doi.org/10.1017/S0022172400014443; its error from Greenwood's formula, Klein and
  Moeschberger 2003, section 4.5, https://doi.org/10.1007/b97377
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NORMAL_95 = 1.959963984540054
ROUNDING = 1e-12
"""A curve that should be exactly at a quantile's height may miss it by this, because its steps are multiplied as floats."""


class Bounded(NamedTuple):
    """A value, with bounds at 95 %; None where the data do not say."""

    value: float | None
    low: float | None
    high: float | None


class Curve(NamedTuple):
    """The steps of a curve: at each of these `times` something ended.

    `share` is what still lasts after each time, `low` and `high` are its band at 95 %, `variance` is Greenwood's sum, and
    `at_risk` and `ended` are numbers of observations. `longest` is the longest observation, ended or not.
    """

    times: Whole
    share: Floats
    low: Floats
    high: Floats
    variance: Floats
    at_risk: Whole
    ended: Whole
    observed: int
    longest: int

    def quantile(self, part: float) -> Bounded:
        """The first time by which at least this part has ended. Bounds are the times that the band does not exclude."""
        left = 1 - part + ROUNDING
        return Bounded(self._first(self.share <= left), self._first(self.low <= left), self._after(self.high > left))

    def lasting(self, time: float) -> int:
        """How many lasted at least until this time, which is one of a step."""
        import numpy as np

        return int(self.at_risk[np.searchsorted(self.times, time)])

    def restricted_mean(self, until: int) -> Bounded:
        """The mean time if everything ended at `until` at the latest: the area under the curve, as exact rectangles.

        No value if the curve is not known until then.
        """
        import numpy as np

        if until > self.longest and (not len(self.share) or self.share[-1] > 0):
            return Bounded(None, None, None)
        steps = int(np.searchsorted(self.times, until, side="right"))
        edges = np.concatenate(([0], self.times[:steps], [until]))
        areas = np.diff(edges) * np.concatenate(([1.0], self.share[:steps]))
        error = NORMAL_95 * self._error(areas[1:], steps)
        mean = float(areas.sum())
        return Bounded(mean, max(mean - error, 0.0), min(mean + error, float(until)))

    def _error(self, areas: Floats, steps: int) -> float:
        """Greenwood's standard error of the area; `areas` are the rectangles after each step."""
        import numpy as np

        beyond = np.cumsum(areas[::-1])[::-1]
        at_risk, ended = self.at_risk[:steps].astype(float), self.ended[:steps]
        # Where nothing is left, the area beyond is 0, and so is its error.
        goes_on = at_risk > ended
        return float(np.sqrt(np.sum((beyond**2 * ended)[goes_on] / (at_risk * (at_risk - ended))[goes_on])))

    def drawn(self, points: int) -> NDArray[np.intp]:
        """The places of at most so many steps, at least 3, from which the curve can be drawn.

        All steps, if there are not more; else no step that is left out moves the curve by more than its height / (points - 2).
        """
        import numpy as np

        if len(self.share) <= points:
            return np.arange(len(self.share))
        levels = np.linspace(self.share[0], self.share[-1], points - 1)
        return np.unique(np.concatenate((np.searchsorted(-self.share, -levels), [len(self.share) - 1])))

    def _first(self, reached: Flags) -> float | None:
        import numpy as np

        place = int(np.argmax(reached)) if len(reached) else 0
        return float(self.times[place]) if len(reached) and reached[place] else None

    def _after(self, possible: Flags) -> float | None:
        """The first time after all that are possible."""
        import numpy as np

        following = len(possible) - int(np.argmax(possible[::-1])) if possible.any() else 0
        return float(self.times[following]) if following < len(possible) else None


def curve(durations: Whole, ended: Flags) -> Curve:
    """The curve of these durations, at least one; `ended` says which of them are not censored."""
    import numpy as np
    from scipy.stats import CensoredData, ecdf

    estimate = ecdf(CensoredData.right_censored(durations.astype(float), ~ended)).sf
    all_times = estimate.quantiles.astype(np.int64)
    ordered, ends = np.sort(durations), np.sort(durations[ended])
    at_risk = len(ordered) - np.searchsorted(ordered, all_times)
    counts = np.diff(np.searchsorted(ends, all_times, side="right"), prepend=0)
    steps = np.flatnonzero(counts)
    share, at_risk, counts = estimate.probabilities[steps], at_risk[steps], counts[steps]
    product = at_risk.astype(float) * (at_risk - counts)
    variance = np.cumsum(np.divide(counts, product, where=product > 0, out=np.zeros(len(steps))))
    low, high = _band(share, variance)
    return Curve(all_times[steps], share, low, high, variance, at_risk, counts, len(ordered), int(ordered[-1]))


def _band(share: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """The log-log band at 95 %. Where nothing is left, both bounds are 0."""
    import numpy as np

    left = share > 0
    bounds = []
    for sign in (1, -1):
        hazard = -np.log(share, where=left, out=np.zeros(len(share)))
        spread = np.divide(sign * NORMAL_95 * np.sqrt(variance), hazard, where=left, out=np.zeros(len(share)))
        bounds.append(np.where(left, np.exp(-hazard * np.exp(spread)), 0.0))
    return bounds[0], bounds[1]
