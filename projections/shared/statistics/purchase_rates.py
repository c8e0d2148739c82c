"""BG/NBD: how many purchases a customer will make, and whether they are still a customer.

P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
Model, Marketing Science 24(2), 275–284, https://doi.org/10.1287/mksc.1040.0098. While customers are alive, they buy at a rate
that is gamma distributed (shape r, rate α); after each purchase they drop out with a probability that is beta distributed (a,
b). The three figures of a customer are x, t_x and T: repeat purchases, and the ages at the last of them and now, in one unit
of time. Nobody drops out before the first repeat purchase, so those who have none are alive with certainty: a property of the
model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from projections.shared.statistics.likelihoods import Found, most_likely

if TYPE_CHECKING:
    from projections.shared.statistics.likelihoods import Numbers
    from projections.shared.vectors import Whole

NEAR_ONE = 1e-6
MANY = 20_000


class Rates(NamedTuple):
    """The parameters r, α (in the unit of time), a and b."""

    r: float
    alpha: float
    a: float
    b: float


class Histories(NamedTuple):
    """Repeat purchases, ages at the last purchase and ages now, of groups of `customers` that are alike."""

    x: Numbers
    t_x: Numbers
    T: Numbers
    customers: Numbers


def fitted(of: Histories) -> Found:
    """Maximum likelihood estimates, without a penalty. While it searches, the mean age is the unit of time."""
    import numpy as np

    age = float(np.average(of.T, weights=of.customers)) or 1.0
    scaled = of._replace(t_x=of.t_x / age, T=of.T / age)
    starts: list[tuple[float, ...]] = [(1.0, 1.0, 1.0, 1.0), (0.2, 0.2, 0.5, 2.0)]
    if len(of.x) > MANY:
        # The maximum of some of them is near that of all.
        starts = [_most_likely(Histories(*(column[:: len(of.x) // MANY + 1] for column in scaled)), starts).parameters]
    found = _most_likely(scaled, starts)
    r, alpha, a, b = found.parameters
    # In another unit of time, the densities of x purchases differ by the unit to the power of x.
    likelihood = found.log_likelihood - float((of.customers * of.x).sum()) * float(np.log(age))
    return found._replace(parameters=(r, alpha * age, a, b), log_likelihood=likelihood)


def _most_likely(of: Histories, starts: Sequence[Sequence[float]]) -> Found:
    import numpy as np

    counts = np.unique(of.x, return_inverse=True)
    return most_likely(lambda parameters: _likelihood(Rates(*parameters), of, *counts), float(of.customers.sum()), starts)


def _likelihood(rates: Rates, of: Histories, counts: Numbers, of_count: Whole) -> tuple[float, Numbers]:
    """The log-likelihood (equation 6 of the paper, in logarithms) and its derivatives.

    `counts` are the different values of x, and `of_count` is the place of each customer's among them.
    """
    import numpy as np
    from scipy.special import digamma, gammaln

    (r, alpha, a, b), (x, t_x, T, customers) = rates, of  # noqa: N806
    again = x > 0
    before = np.where(again, b + x - 1, 1.0)
    log_now, log_last = np.log(alpha + T), np.log(alpha + t_x)
    alive = -(r + x) * log_now
    gone = np.where(again, np.log(a) - np.log(before) - (r + x) * log_last, -np.inf)
    both = np.logaddexp(alive, gone)
    w = np.exp(gone - both)
    by_count = gammaln(r + counts) - gammaln(r) + gammaln(a + b) + gammaln(b + counts) - gammaln(b) - gammaln(a + b + counts)
    value = by_count[of_count] + r * np.log(alpha) + both
    by_r = digamma(r + counts) - digamma(r)
    by_a = digamma(a + b) - digamma(a + b + counts)
    by_b = by_a + digamma(b + counts) - digamma(b)
    slopes = (
        by_r[of_count] + np.log(alpha) - (1 - w) * log_now - w * log_last,
        r / alpha - (r + x) * ((1 - w) / (alpha + T) + w / (alpha + t_x)),
        by_a[of_count] + w / a,
        by_b[of_count] - w / before,
    )
    # Not a product of vectors: BLAS would take further threads, and wait for them on a busy machine.
    return float((customers * value).sum()), np.array([(customers * slope).sum() for slope in slopes])


def alive(rates: Rates, of: Histories) -> Numbers:
    """The probability that a customer is still one.

    P. S. Fader, B. G. S. Hardie and K. L. Lee (2008), Computing P(alive) Using the BG/NBD Model.
    """
    import numpy as np
    from scipy.special import expit

    (r, alpha, a, b), (x, t_x, T, _) = rates, of  # noqa: N806
    again = x > 0
    odds = np.log(a) - np.log(np.where(again, b + x - 1, 1.0)) + (r + x) * np.log((alpha + T) / (alpha + t_x))
    found: Numbers = np.where(again, expit(-odds), 1.0)
    return found


def expected_purchases(rates: Rates, of: Histories, t: float) -> Numbers:
    """The expected number of purchases in the time t from now on: equation 10 of the paper.

    Its hypergeometric function is taken after Euler's transformation (https://dlmf.nist.gov/15.8.E1), since the plain one is
    too large for customers with hundreds of purchases; and plain where the transformed one is too large. It depends on x and T
    only, so customers share it. NaN where neither is a number: only for parameters that no fit with a maximum has.
    """
    import numpy as np
    from scipy.special import hyp2f1

    r, alpha, a, b = rates
    if abs(a - 1) < NEAR_ONE:
        # The limit at a = 1 is finite, but the quotient there is 0 / 0.
        a = 1 + NEAR_ONE
    # A pair as one complex number is sorted several times as fast as a row of two numbers.
    pairs, of_pair = np.unique(of.x + 1j * of.T, return_inverse=True)
    x, T = pairs.real, pairs.imag  # noqa: N806
    rest = (alpha + T) / (alpha + T + t)
    with np.errstate(all="ignore"):
        left = rest ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, 1 - rest)
        plain = ~np.isfinite(left)
        some = rest[plain] ** (r + x[plain]) * hyp2f1(r + x[plain], b + x[plain], a + b + x[plain] - 1, 1 - rest[plain])
        left[plain] = np.where(np.isfinite(some), some, np.nan)
    found: Numbers = ((a + b + x - 1) / (a - 1) * (1 - left))[of_pair] * alive(rates, of)
    return found
