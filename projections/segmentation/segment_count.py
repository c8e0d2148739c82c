"""How many clusters a segment model has, if the request leaves that open.

On a sample of customers, a number of clusters is possible if the smallest one has 3 % of the customers, and if resampled
customers give nearly the same clusters: an adjusted Rand index (Hubert and Arabie 1985, https://doi.org/10.1007/BF01908075) of
0.9 on average. Of the possible numbers, the one with the greatest silhouette is taken (Rousseeuw 1987,
https://doi.org/10.1016/0377-0427(87)90125-7); if none is possible, the one whose clusters are most stable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

POSSIBLE = range(2, 9)
SAMPLE = 5_000
RESAMPLES, STARTS = 5, 3
SMALLEST, STABLE = 0.03, 0.9


class Tried(NamedTuple):
    """How good so many clusters are."""

    k: int
    smallest_share: float
    stability: float
    silhouette: float

    @property
    def is_possible(self) -> bool:
        return self.smallest_share >= SMALLEST and self.stability >= STABLE


def best_count(scaled: NDArray[float64], seed: int) -> int:
    """The number of clusters for these customers: at least 2, and at most 8. It depends on the customers and the seed only."""
    import numpy

    chance = numpy.random.default_rng(seed)
    sample = scaled if len(scaled) <= SAMPLE else scaled[numpy.sort(chance.choice(len(scaled), SAMPLE, replace=False))]
    different = len(numpy.unique(sample, axis=0))
    tried = [_tried(sample, k, seed) for k in POSSIBLE if k < different]
    possible = [one for one in tried if one.is_possible]
    if possible:
        return max(possible, key=lambda one: one.silhouette).k
    return max(tried, key=lambda one: one.stability).k if tried else POSSIBLE[0]


def _tried(sample: NDArray[float64], k: int, seed: int) -> Tried:
    import numpy
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    found = KMeans(n_clusters=k, n_init=STARTS, random_state=seed).fit(sample)
    chance, agreements = numpy.random.default_rng(seed), []
    for _ in range(RESAMPLES):
        some = sample[chance.integers(0, len(sample), len(sample))]
        if len(numpy.unique(some, axis=0)) >= k:
            other = KMeans(n_clusters=k, n_init=STARTS, random_state=seed).fit(some)
            agreements.append(float(adjusted_rand_score(found.labels_, other.predict(sample))))
    sizes = numpy.bincount(found.labels_, minlength=k)
    return Tried(
        k=k,
        smallest_share=float(sizes.min()) / len(sample),
        stability=sum(agreements) / RESAMPLES,
        silhouette=float(silhouette_score(sample, found.labels_)),
    )
