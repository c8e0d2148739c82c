"""The probability that each of several variants is the best, from their posterior distributions.

P(best) of a variant is the integral of its density × the distribution functions of all others. Rates have a Beta posterior with
the prior Beta(1, 1). Spend per person is rate × spend per buyer, which is exponential with a Gamma prior (Stucchio 2015,
https://cdn2.hubspot.net/hubfs/310840/VWO_SmartStats_technical_whitepaper.pdf).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

LEVELS = (1e-13, 1e-6, 0.001, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999, 1 - 1e-6, 1 - 1e-13)
"""Quantiles of every variant between which the integral is computed."""
NODES, RATES, GRID = 16, 64, 800


class Rate(NamedTuple):
    """The posterior Beta(a, b) of a rate; both are whole numbers, because the prior is Beta(1, 1)."""

    a: int
    b: int

    @classmethod
    def of(cls, events: int, n: int) -> Rate:
        return cls(1 + events, 1 + n - events)


class Spend(NamedTuple):
    """The posterior of spend per person: rate × spend per buyer, 1 / Gamma(`shape`, `rate_of_spend`)."""

    rate: Rate
    shape: int
    total: float

    @classmethod
    def of(cls, buyers: int, n: int, total: float, prior: float) -> Spend:
        """The prior of the spend is worth one buyer who spent `prior`."""
        return cls(Rate.of(buyers, n), 1 + buyers, prior + total)


class _Distribution(NamedTuple):
    cdf: Callable[[Numbers], Numbers]
    density: Callable[[Numbers], Numbers]
    quantiles: Numbers


def best_rates(posteriors: Sequence[Rate]) -> list[float]:
    """P(best) of each of at least two rates: exact for two, by quadrature for more."""
    if len(posteriors) == 2:
        first = exceeds(*posteriors)
        return [first, 1 - first]
    return _best([_of_rate(one) for one in posteriors])


def best_spends(posteriors: Sequence[Spend]) -> list[float]:
    """P(best) of each of at least two spends per person, by quadrature."""
    return _best([_of_spend(one) for one in posteriors])


def exceeds(one: Rate, other: Rate) -> float:
    """The probability that `one` is higher: a finite sum (Miller 2015, https://www.evanmiller.org/bayesian-ab-testing.html)."""
    import numpy as np
    from scipy.special import betaln

    terms = np.arange(one.a)
    logs = betaln(other.a + terms, one.b + other.b) - np.log(one.b + terms) - betaln(1 + terms, one.b)
    return float(min(1.0, np.exp(logs - betaln(other.a, other.b)).sum()))


def thompson(posteriors: Sequence[Rate] | Sequence[Spend], members: int, seed: int) -> list[int]:
    """How many of the next members each variant gets, if each member goes to the variant whose draw from its posterior is best.

    Thompson 1933, https://doi.org/10.1093/biomet/25.3-4.285. The same seed gives the same split.
    """
    import numpy as np

    chance = np.random.default_rng(seed)
    draws = [_drawn(one, members, chance) for one in posteriors]
    winners = np.argmax(np.column_stack(draws), axis=1)
    return [int(count) for count in np.bincount(winners, minlength=len(draws))]


def _drawn(one: Rate | Spend, members: int, chance: np.random.Generator) -> Numbers:
    if isinstance(one, Rate):
        return chance.beta(one.a, one.b, members)
    return chance.beta(*one.rate, members) * one.total / chance.gamma(one.shape, size=members)


def _best(variants: Sequence[_Distribution]) -> list[float]:
    """Gauss–Legendre quadrature between all quantiles of all variants, so that no narrow density falls between two nodes."""
    import numpy as np

    edges = np.unique(np.concatenate([one.quantiles for one in variants]))
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    at, by = (middle[:, None] + half[:, None] * nodes).ravel(), (half[:, None] * weights).ravel()
    below = np.array([one.cdf(at) for one in variants])
    others = (np.delete(below, place, 0).prod(axis=0) for place in range(len(variants)))
    return [float((by * one.density(at) * higher).sum()) for one, higher in zip(variants, others, strict=True)]


def _of_rate(one: Rate) -> _Distribution:
    from scipy.stats import beta

    posterior: Any = beta(*one)
    return _Distribution(posterior.cdf, posterior.pdf, posterior.ppf(LEVELS))


def _of_spend(one: Spend) -> _Distribution:
    """The distribution of the logarithm of spend per person: the mean over the rate, as a spline between points of a grid."""
    import numpy as np
    from scipy.interpolate import CubicHermiteSpline
    from scipy.stats import beta, gamma

    rate, level = beta(*one.rate), (1e-9, 1 - 1e-9)
    # The reciprocal of spend per buyer.
    inverse = gamma(one.shape, scale=1 / one.total)
    low, high = np.log(rate.ppf(level)) - np.log(inverse.ppf(level[::-1]))
    grid = np.linspace(low, high, GRID)
    nodes, weights = np.polynomial.legendre.leggauss(RATES)
    least, most = rate.ppf((1e-15, 1 - 1e-15))
    rates = (least + most) / 2 + (most - least) / 2 * nodes
    chances = (most - least) / 2 * weights * rate.pdf(rates)
    ratios = rates / np.exp(grid)[:, None]
    cdf, density = inverse.sf(ratios) @ chances, (inverse.pdf(ratios) * ratios) @ chances
    spline = CubicHermiteSpline(grid, cdf, density)
    slope = spline.derivative()

    def below(at: Numbers) -> Numbers:
        return np.where(at < low, 0, np.where(at > high, 1, spline(np.clip(at, low, high))))

    def at_most(at: Numbers) -> Numbers:
        return np.where((at < low) | (at > high), 0, slope(np.clip(at, low, high)))

    return _Distribution(below, at_most, np.interp(LEVELS, cdf, grid))
