"""Segment models: is the true number of clusters found, do clusters keep their ids, and is drift found where there is none?

Customers are drawn from a mixture of groups whose centres lie a given number of standard deviations apart, or more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial.distance import cdist, pdist
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from domain.segmentation.segment_model import Feature, Fitted
from projections.segmentation.segment_assignment import assign_all
from projections.segmentation.segment_count import SMALLEST, best_count
from projections.segmentation.segment_drift import ENOUGH, MOVED
from projections.segmentation.segment_fitting import Sample, Wanted, fit
from projections.shared.statistics.stability import stability_index
from tests.benchmarks.calibration.calibrated import Calibrated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SEED = 17
FEATURES = (Feature(name="orders"), Feature(name="touches"), Feature(name="tickets"))
DAY = date(2026, 3, 1)
CUSTOMERS = 600
"""Of each mixture whose groups are counted."""
LEAST_SHARE = 2 * SMALLEST
"""Each group has at least so many of the customers, so that the rule may find it."""


class Groups(NamedTuple):
    """A mixture: the centre of each group, whose customers have the standard deviation 1 by each feature, and their shares."""

    centres: Numbers
    shares: Numbers

    def customers(self, chance: np.random.Generator, several: int) -> Numbers:
        of = chance.choice(len(self.shares), several, p=self.shares)
        rows: Numbers = self.centres[of] + chance.standard_normal((several, len(FEATURES)))
        return rows


def figures(scale: float = 1.0) -> Iterator[Calibrated]:
    """With a smaller scale, fewer runs."""
    chance = np.random.default_rng(SEED)
    with threadpool_limits(1):
        for apart in (8.0, 5.0):
            for k in (2, 3, 4, 6):
                yield _count(chance, k, apart, int(20 * scale))
        yield _uneven_count(chance, int(20 * scale))
        for apart in (8.0, 5.0, 3.0):
            yield _identity(chance, apart, int(60 * scale))
        yield _newcomers(chance, int(60 * scale))
        for several in (100, 200, 400, 1_000, 5_000):
            yield _false_alarms(chance, several, int(200 * scale))
        yield _alarms(chance, int(200 * scale))


def even(chance: np.random.Generator, k: int, apart: float) -> Groups:
    """Groups at corners of an octahedron: the nearest are so far apart, and the others at most 1.42 times as far."""
    corners = np.concatenate([np.eye(len(FEATURES)), -np.eye(len(FEATURES))])
    return _scaled(chance, chance.permutation(corners)[:k], apart)


def mixture(chance: np.random.Generator, k: int, apart: float) -> Groups:
    """Groups of different sizes at random places; the nearest two centres are exactly so far apart."""
    return _scaled(chance, chance.standard_normal((k, len(FEATURES))), apart)


def _scaled(chance: np.random.Generator, centres: Numbers, apart: float) -> Groups:
    k = len(centres)
    shares = LEAST_SHARE + (1 - k * LEAST_SHARE) * chance.dirichlet(np.full(k, 2.0))
    return Groups(centres * apart / pdist(centres).min(), shares)


def fitted(rows: Numbers, k: int, before: Fitted | None = None) -> Fitted:
    return fit(Wanted("segments", FEATURES, k, before=before), Sample(DAY, FEATURES, rows, 0), 1)


def _count(chance: np.random.Generator, k: int, apart: float, runs: int) -> Calibrated:
    found = [count_of(even(chance, k, apart), chance, run) for run in range(runs)]
    note = f"{runs} mixtures; found {dict(sorted((number, found.count(number)) for number in set(found)))}"
    what = f"of {k} groups, {CUSTOMERS} customers, evenly {apart:g} sd apart, {k} are found"
    return Calibrated(what, found.count(k) / runs, 0.8, 1.0, note)


def _uneven_count(chance: np.random.Generator, runs: int) -> Calibrated:
    """The silhouette prefers to join the nearest two groups if the others are much further away."""
    off = [count_of(mixture(chance, k, 8.0), chance, run) - k for k in (3, 4, 6) for run in range(runs)]
    note = f"3, 4 and 6 groups; too few are found in {np.mean([one < 0 for one in off]):.0%}, too many in the others"
    what = "groups at random places, the nearest two 8 sd apart: all are found"
    return Calibrated(what, off.count(0) / len(off), 0.5, 1.0, note)


def count_of(groups: Groups, chance: np.random.Generator, seed: int) -> int:
    """The number of clusters that the rule finds in a draw of customers of these groups."""
    return best_count(StandardScaler().fit_transform(groups.customers(chance, CUSTOMERS)), seed)


def _identity(chance: np.random.Generator, apart: float, runs: int) -> Calibrated:
    """Both fits are of customers of the same groups. A cluster keeps its id if that of the nearest one before is its own."""
    kept = total = 0
    for _ in range(runs):
        groups = mixture(chance, 4, apart)
        first = fitted(groups.customers(chance, 1_000), 4)
        second = fitted(groups.customers(chance, 1_000), 4, first)
        kept += sum(_keeps(first, second, cluster) for cluster in range(4))
        total += 4
    what = f"clusters of other customers of the same groups, {apart:g} sd apart, keep their ids"
    return Calibrated(what, kept / total, 0.95 if apart > 3 else 0.8, 1.0, f"{runs} fits of 1,000 customers, twice")


def _keeps(first: Fitted, second: Fitted, cluster: int) -> bool:
    nearest = int(cdist(_raw(second)[cluster : cluster + 1], _raw(first)).argmin())
    return second.ids[cluster] == first.ids[nearest]


def _raw(of: Fitted) -> Numbers:
    raw: Numbers = np.array(of.centroids) * of.scale + of.mean
    return raw


def _newcomers(chance: np.random.Generator, runs: int) -> Calibrated:
    """One of four groups goes away and another one comes, as far from all as these are from each other."""
    right = 0
    for _ in range(runs):
        groups = mixture(chance, 5, 8.0)
        order = chance.permutation(5)
        before, after = (
            Groups(groups.centres[some], groups.shares[some] / groups.shares[some].sum()) for some in (order[:4], order[1:])
        )
        first = fitted(before.customers(chance, 1_000), 4)
        second = fitted(after.customers(chance, 1_000), 4, first)
        newcomer = int(cdist(_raw(second), groups.centres[order[4:]]).argmin())
        right += second.ids[newcomer] not in first.ids
    what = "a group that comes where none was has a new id, and not that of one that went"
    return Calibrated(what, right / runs, 0.95, 1.0, f"{runs} fits of 1,000 customers, 8 sd apart")


def _false_alarms(chance: np.random.Generator, several: int, runs: int) -> Calibrated:
    """Other customers of the same groups, all of them: in a store, most customers stay the same."""
    indexes = []
    for _ in range(runs):
        groups = mixture(chance, 3, 5.0)
        indexes.append(_greatest_index(fitted(groups.customers(chance, several), 3), groups.customers(chance, several)))
    note = f"{runs} runs; the median of the greatest index is {np.median(indexes):.3f}"
    if several < ENOUGH:
        note += "; shown with a caution"
    what = f"drift of {MOVED} without any, {several:,} customers replaced by others"
    most = 0.05 if several >= ENOUGH else 1.0
    return Calibrated(what, float(np.mean([index >= MOVED for index in indexes])), 0, most, note)


def _alarms(chance: np.random.Generator, runs: int) -> Calibrated:
    """All customers move by one feature, by its standard deviation over all of them."""
    found = 0
    for _ in range(runs):
        groups = mixture(chance, 3, 5.0)
        rows = groups.customers(chance, 1_000)
        now = groups.customers(chance, 1_000)
        now[:, 0] += rows[:, 0].std()
        found += _greatest_index(fitted(rows, 3), now) >= MOVED
    return Calibrated(f"drift of {MOVED} is found if one feature moves by its sd, 1,000 customers", found / runs, 0.95, 1.0)


def _greatest_index(of: Fitted, rows: Numbers) -> float:
    """Of the features and of the mix of segments, as the report on drift computes them."""
    columns = list(rows.T)
    pairs = [
        (one.shares, np.bincount(np.searchsorted(one.edges, column, side="right"), minlength=len(one.shares)))
        for one, column in zip(of.bins, columns, strict=True)
    ]
    pairs.append((of.mix, np.bincount(assign_all(of, columns).clusters, minlength=of.k)))
    return max(stability_index(shares, counts.tolist()) for shares, counts in pairs)
