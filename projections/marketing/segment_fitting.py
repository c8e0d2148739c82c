"""Finding segments: StandardScaler and KMeans on the features of customers, as the classic script does.

The features are read as of a position and a day, the customers in the order of their ids. The result is recorded as an event;
nothing here runs in a replay. scikit-learn is imported when it is first needed: see `api/marketing/fitting_libraries.py`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from domain.marketing.segment_model import (
    MONEY_FEATURES,
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
from projections.customers.customer_behaviour import Behaviour, load, values
from projections.customers.customer_features import customer_features
from projections.customers.whole_behaviour import survivor_behaviours
from projections.marketing.segment_assignment import transformed_all
from projections.marketing.segment_models import known

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

FITTED_AT_MOST = 200_000
SILHOUETTE_SAMPLE = 5_000
STARTS = 10
# The sum of the squares of hundreds of thousands of such numbers does not overflow.
LARGEST = 1e150
PORTION = 5_000


class Wanted(NamedTuple):
    """The request for a fit. Money features without a currency use the only currency that customers bought in."""

    name: str
    features: Sequence[Feature]
    k: int
    transform: Transform = "none"
    seed: int = 0


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
    numbers, left_out = array("d"), 0
    for behaviour in _behaviours(connection):
        row = values(named, behaviour, day)
        if None in row:
            left_out += 1
        else:
            numbers.extend(row)  # type: ignore[arg-type]
    return Sample(day, named, numpy.array(numbers).reshape(-1, len(named)), left_out)


def load_libraries() -> None:
    """Import what `fit` uses."""
    for name in ("sklearn.cluster", "sklearn.metrics", "sklearn.preprocessing", "threadpoolctl"):
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

    chosen = _chosen(sample.rows, wanted.seed)
    _check_enough(chosen, wanted.k)
    with threadpool_limits(1):
        scaler = StandardScaler()
        scaled = scaler.fit_transform(_transformed(chosen, wanted.transform))
        found = KMeans(n_clusters=wanted.k, n_init=STARTS, random_state=wanted.seed).fit(scaled)
        quality = _quality(scaled, found.labels_, float(found.inertia_), wanted.seed)
    return Fitted(
        name=wanted.name,
        features=sample.features,
        cut_off_position=position,
        cut_off_day=sample.day,
        transform=wanted.transform,
        mean=tuple(scaler.mean_.tolist()),
        scale=tuple(scaler.scale_.tolist()),
        centroids=tuple(sorted(map(tuple, found.cluster_centers_.tolist()), reverse=True)),
        cluster_names=tuple(str(number) for number in range(1, wanted.k + 1)),
        seed=wanted.seed,
        customers=len(chosen),
        left_out=sample.left_out,
        quality=quality,
        versions={"numpy": numpy.__version__, "scikit-learn": sklearn.__version__},
    )


def _behaviours(connection: Connection) -> Iterator[Behaviour]:
    """The behaviour of all customers in the order of their ids; a merged customer appears as the survivor only.

    Rows are read in portions, so that a million customers need not be in memory together.
    """
    merged, parts = survivor_behaviours(connection)
    customers = customer_features.c
    query = select(customers.customer_id, customers.state).order_by(customers.customer_id).limit(PORTION)
    portion = connection.execute(query).all()
    while portion:
        for id, state in portion:
            if id in merged:
                yield merged[id]
            elif state is not None and id not in parts:
                yield load(state)
        portion = connection.execute(query.where(customers.customer_id > portion[-1].customer_id)).all()


def _with_currencies(connection: Connection, features: Sequence[Feature]) -> tuple[Feature, ...]:
    if not any(feature.name in MONEY_FEATURES and not feature.currency for feature in features):
        return tuple(features)
    currencies = sorted({currency for behaviour in _behaviours(connection) for currency in behaviour.purchases})
    if len(currencies) != 1:
        there = f"Customers bought in {', '.join(currencies)}." if currencies else "No customer has bought anything yet."
        raise CurrencyMissing(f"A money feature must name its currency unless customers bought in only one. {there}")
    return tuple(_in_currency(feature, currencies[0]) for feature in features)


def _in_currency(feature: Feature, currency: str) -> Feature:
    missing = feature.name in MONEY_FEATURES and not feature.currency
    return msgspec.structs.replace(feature, currency=currency) if missing else feature


def _chosen(rows: NDArray[float64], seed: int) -> NDArray[float64]:
    """All rows, or a random draw of `FITTED_AT_MOST` rows in their order if there are more."""
    import numpy

    if len(rows) <= FITTED_AT_MOST:
        return rows
    drawn = numpy.random.default_rng(seed).choice(len(rows), FITTED_AT_MOST, replace=False)
    return rows[numpy.sort(drawn)]


def _check_enough(rows: NDArray[float64], k: int) -> None:
    import numpy

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
