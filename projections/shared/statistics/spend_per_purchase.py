"""Gamma-Gamma: how much a customer spends per purchase.

P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal of
Marketing Research 42(4), 415–430, https://doi.org/10.1509/jmkr.2005.42.4.415, as P. S. Fader and B. G. S. Hardie (2013), The
Gamma-Gamma Model of Monetary Value, write it. What a customer spends per purchase is gamma distributed (shape p) around their
own mean, whose rate is gamma distributed (q, v). The two figures of a customer are x and m: repeat purchases and their mean.
The model holds only if spend does not depend on how often a customer buys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from projections.shared.statistics.likelihoods import Found, most_likely

if TYPE_CHECKING:
    from projections.shared.statistics.likelihoods import Numbers
    from projections.shared.vectors import Whole


MANY = 20_000


class Spending(NamedTuple):
    """The parameters p, q and v (in units of money)."""

    p: float
    q: float
    v: float

    @property
    def mean(self) -> float | None:
        """The mean of all customers, p·v / (q − 1); None if q is 1 or less, since it is infinite then."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else None


def fitted(x: Numbers, m: Numbers) -> Found:
    """Maximum likelihood estimates from customers with at least one repeat purchase and a mean above zero.

    While it searches, the mean of all is the unit of money.
    """
    import numpy as np

    mean = float(np.mean(m))
    scaled = m / mean
    starts: list[tuple[float, ...]] = [(1.0, 2.0, 1.0), (5.0, 4.0, 0.5)]
    if len(x) > MANY:
        # The maximum of some of them is near that of all.
        some = slice(None, None, len(x) // MANY + 1)
        starts = [_most_likely(x[some], scaled[some], starts).parameters]
    found = _most_likely(x, scaled, starts)
    p, q, v = found.parameters
    # In another unit of money, each density differs by the unit.
    return found._replace(parameters=(p, q, v * mean), log_likelihood=found.log_likelihood - len(x) * float(np.log(mean)))


def _most_likely(x: Numbers, m: Numbers, starts: Sequence[Sequence[float]]) -> Found:
    import numpy as np

    counts, of_count = np.unique(x, return_inverse=True)
    log_m = np.log(m)
    log_total = log_m + np.log(x)

    def likelihood(parameters: Numbers) -> tuple[float, Numbers]:
        return _likelihood(Spending(*parameters), x, m, counts, of_count, log_total, log_m)

    return most_likely(likelihood, len(x), starts)


def _likelihood(
    of: Spending, x: Numbers, m: Numbers, counts: Numbers, of_count: Whole, log_total: Numbers, log_m: Numbers
) -> tuple[float, Numbers]:
    """The log-likelihood (equation 1a of the note of 2013) and its derivatives."""
    import numpy as np
    from scipy.special import digamma, gammaln

    p, q, v = of
    px = p * counts
    known = np.log(x * m + v)
    by_count = gammaln(px + q) - gammaln(px) - gammaln(q)
    value = by_count[of_count] + q * np.log(v) + p * x * log_total - log_m - (p * x + q) * known
    by_p = digamma(px + q) - digamma(px)
    by_q = digamma(px + q) - digamma(q)
    slopes = (
        (x * (by_p[of_count] + log_total - known)).sum(),
        (by_q[of_count] + np.log(v) - known).sum(),
        (q / v - (p * x + q) / (x * m + v)).sum(),
    )
    return float(value.sum()), np.array(slopes)


def expected_spend(of: Spending, x: Numbers, m: Numbers) -> Numbers:
    """The expected spend per purchase, p·(v + m·x) / (p·x + q − 1): the customer's mean, pulled towards that of all.

    It is the mean of all customers for x = 0, and NaN for them if that is infinite. A mean below zero counts as zero.
    """
    import numpy as np

    p, q, v = of
    total = np.where(x > 0, np.maximum(m, 0) * x, 0.0)
    divisor = p * x + q - 1
    found: Numbers = np.where(divisor > 0, p * (v + total) / np.where(divisor > 0, divisor, 1.0), np.nan)
    return found
