"""Finding segments: StandardScaler and KMeans on the features of customers, as the classic script does.

The features are read as of a position and a day, the customers in the order of their ids. The result is recorded as an event;
nothing here runs in a replay. scikit-learn is imported when it is first needed: see `api/segmentation/fitting_libraries.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import Connection

from domain.segmentation.segment_model import (
    MONEY_FEATURES,
    Bins,
    CurrencyMissing,
    CutOffDayTooEarly,
    Feature,
    FeaturesTooLarge,
    Fitted,
    NotEnoughCustomers,
    Quality,
    Transform,
    check_features,
)
from projections.customers.all_behaviours import all_figures_with_ids, all_purchase_days
from projections.customers.purchase_summaries import currencies
from projections.segmentation.segment_assignment import transformed_all
from projections.segmentation.segment_count import best_count
from projections.segmentation.segment_identity import carried
from projections.segmentation.segment_models import known
from projections.shared.id_vectors import in_order

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

FITTED_AT_MOST = 200_000
SILHOUETTE_SAMPLE = 5_000
STARTS = 10
FEWEST = 2
SOME_ROWS = 1_000
TENTHS = tuple(tenth / 10 for tenth in range(1, 10))
# The sum of the squares of hundreds of thousands of such numbers does not overflow.
LARGEST = 1e150


class Wanted(NamedTuple):
    """The request for a fit. Money features without a currency use the only currency that customers bought in.

    Without `k` the number of clusters is chosen by `segment_count`. Clusters that the fit `before` had too keep their ids and
    names.
    """

    name: str
    features: Sequence[Feature]
    k: int | None
    transform: Transform = "none"
    seed: int = 0
    before: Fitted | None = None


class Sample(NamedTuple):
    """The features as of a day of all customers who have all of them: one row per customer, in the order of ids."""

    day: date
    features: tuple[Feature, ...]
    rows: NDArray[float64]
    left_out: int


def sample(connection: Connection, features: Sequence[Feature], today: date, cut_off: date | None = None) -> Sample:
    """The sample as of the day `cut_off`; by default as of today, or of the last ended day if that is later.

    Raises CutOffDayTooEarly for a day before the last ended one, because labels follow the days. Raises the refusals of
    `check_features`, but a money feature needs no currency if customers bought in a single currency.
    """
    import numpy

    named = _with_currencies(connection, features)
    check_features(named)
    ended = known(connection).ended or cut_off or today
    if cut_off is not None and cut_off < ended:
        raise CutOffDayTooEarly(f"The last day that has ended is {ended}: the cut-off day cannot be before it.", ended=ended)
    day = cut_off or max(today, ended)
    of_attributes = any(feature.attribute is not None for feature in named)
    left_out = 0
    columns, ids = [[numpy.zeros(0)] for _ in named], [numpy.zeros((0, 2), numpy.uint64)]
    for behaviours, customers in all_figures_with_ids(connection, of_attributes=of_attributes):
        found = [behaviours.values(feature, day) for feature in named]
        whole = ~numpy.logical_or.reduce([numpy.isnan(values) for values in found])
        left_out += int((~whole).sum())
        for column, values in zip(columns, found, strict=True):
            column.append(values[whole])
        ids.append(customers[whole])
    order = in_order(numpy.concatenate(ids))
    return Sample(day, named, numpy.column_stack([numpy.concatenate(column)[order] for column in columns]), left_out)


def load_libraries() -> None:
    """Import what `fit` uses."""
    for name in ("sklearn.cluster", "sklearn.metrics", "sklearn.preprocessing", "sklearn.tree", "threadpoolctl"):
        import_module(name)


def fit(wanted: Wanted, sample: Sample, position: int) -> Fitted:
    """The fit that the classic script finds. Clusters are sorted by centroid, the highest first, by the first feature first.

    Raises NotEnoughCustomers, FeaturesTooLarge.
    """
    import numpy
    import sklearn
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    chosen = drawn(sample.rows, wanted.seed, FITTED_AT_MOST)
    _check_enough(chosen, wanted.k or FEWEST)
    with threadpool_limits(1):
        scaler = StandardScaler()
        scaled = scaler.fit_transform(_transformed(chosen, wanted.transform))
        k = wanted.k or best_count(scaled, wanted.seed)
        found = KMeans(n_clusters=k, n_init=STARTS, random_state=wanted.seed).fit(scaled)
        quality = _quality(scaled, found.labels_, float(found.inertia_), wanted.seed)
    order = sorted(range(k), key=lambda cluster: tuple(found.cluster_centers_[cluster].tolist()), reverse=True)
    fitted = Fitted(
        name=wanted.name,
        features=sample.features,
        cut_off_position=position,
        cut_off_day=sample.day,
        transform=wanted.transform,
        mean=tuple(scaler.mean_.tolist()),
        scale=tuple(scaler.scale_.tolist()),
        centroids=tuple(tuple(found.cluster_centers_[cluster].tolist()) for cluster in order),
        cluster_names=tuple(str(number) for number in range(1, k + 1)),
        seed=wanted.seed,
        customers=len(chosen),
        left_out=sample.left_out,
        quality=quality,
        versions={"numpy": numpy.__version__, "scikit-learn": sklearn.__version__},
        bins=tuple(_bins(column) for column in chosen.T),
        mix=tuple((numpy.bincount(found.labels_, minlength=k)[order] / len(chosen)).tolist()),
    )
    return carried(fitted, wanted.before)


def _with_currencies(connection: Connection, features: Sequence[Feature]) -> tuple[Feature, ...]:
    if not any(feature.name in MONEY_FEATURES and not feature.currency for feature in features):
        return tuple(features)
    found = sorted(currencies(all_purchase_days(connection)))
    if len(found) != 1:
        there = f"Customers bought in {', '.join(found)}." if found else "No customer has bought anything yet."
        raise CurrencyMissing(f"A money feature must name its currency unless customers bought in only one. {there}")
    return tuple(_in_currency(feature, found[0]) for feature in features)


def _in_currency(feature: Feature, currency: str) -> Feature:
    missing = feature.name in MONEY_FEATURES and not feature.currency
    return msgspec.structs.replace(feature, currency=currency) if missing else feature


def drawn(rows: NDArray[float64], seed: int, at_most: int) -> NDArray[float64]:
    """All rows, or a random draw of so many rows in their order if there are more."""
    import numpy

    if len(rows) <= at_most:
        return rows
    some = numpy.random.default_rng(seed).choice(len(rows), at_most, replace=False)
    return rows[numpy.sort(some)]


def _check_enough(rows: NDArray[float64], k: int) -> None:
    import numpy

    if len(numpy.unique(rows[:SOME_ROWS], axis=0)) >= k:
        return
    different = len(numpy.unique(rows, axis=0))
    if different < k:
        raise NotEnoughCustomers(
            f"{k} clusters need {k} customers with different features; "
            f"of {len(rows)} customers with all features, {different} differ.",
            clusters=k,
            customers=len(rows),
            different=different,
        )


def _transformed(rows: NDArray[float64], transform: Transform) -> NDArray[float64]:
    import numpy

    columns = numpy.column_stack([transformed_all(transform, column) for column in rows.T])
    if abs(columns).max() > LARGEST:
        raise FeaturesTooLarge
    return columns


def _bins(column: NDArray[float64]) -> Bins:
    import numpy

    edges = numpy.unique(numpy.quantile(column, TENTHS))
    found = numpy.bincount(numpy.searchsorted(edges, column, side="right"), minlength=len(edges) + 1)
    return Bins(edges=tuple(edges.tolist()), shares=tuple((found / len(column)).tolist()))


def _quality(scaled: NDArray[float64], labels: NDArray[float64], inertia: float, seed: int) -> Quality:
    import numpy

    smallest = int(numpy.bincount(labels).min())
    return Quality(inertia=inertia, silhouette=_silhouette(scaled, labels, seed), smallest_share=smallest / len(labels))


def _silhouette(scaled: NDArray[float64], labels: NDArray[float64], seed: int) -> float | None:
    """Rousseeuw's mean silhouette (1987); None if the sample has only one cluster, or a cluster for each customer."""
    import numpy
    from sklearn.metrics import silhouette_score

    if len(labels) > SILHOUETTE_SAMPLE:
        drawn = numpy.random.default_rng(seed).choice(len(labels), SILHOUETTE_SAMPLE, replace=False)
        scaled, labels = scaled[drawn], labels[drawn]
    if not 1 < len(numpy.unique(labels)) < len(labels):
        return None
    return float(silhouette_score(scaled, labels))
