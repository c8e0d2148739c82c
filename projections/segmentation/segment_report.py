"""Figures per cluster: the number of customers, and the means of their features, untransformed.

Each customer is seen as they are now, as their label is: a label depends on nothing but the customer's features as of a day and
the fit. Features are as of the model's day, or of the customer's last purchase if that is later. A merged customer counts with
the survivor only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection

from domain.segmentation.segment_model import Feature
from projections.customers.all_behaviours import all_figures
from projections.customers.behaviour_figures import Behaviours
from projections.segmentation.segment_assignment import assign_all
from projections.segmentation.segment_models import Model, known
from projections.shared.figures import Figure, Measured, counted, plain, without_value
from projections.shared.float_sums import FloatSums
from projections.shared.ratios import ratio

if TYPE_CHECKING:
    from projections.customers.behaviour_figures import Numbers
    from projections.shared.vectors import Whole

COUNTED = ("customers", "share")
UNITS = {
    "orders": "orders",
    "frequency": "purchase days",
    "recency": "days",
    "T": "days",
    "days_since_last": "days",
    "tickets": "tickets",
    "touches": "touches",
}
"""The units of features. Money has its currency, and an attribute none that is known."""


class Group(Measured, frozen=True, kw_only=True):
    """A cluster: its customers, their share of all customers with a label, and the mean of each feature."""


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """Customers without a label because they lack the features `missing`."""

    group: Mapping[str, Sequence[str]]
    measures: Mapping[str, Figure]


class Report(msgspec.Struct, frozen=True):
    as_of: date
    groups: list[Group]
    unlabelled: list[Lacking]


def mean_of(feature: str) -> str:
    """The name of the measure that is the mean of a feature, such as `mean:total:EUR`."""
    return f"mean:{feature}"


def report(connection: Connection, model: Model) -> Report:
    """The clusters of the model, without customers if it is not active."""
    count = _Count(model, model.day(known(connection).ended))
    if model.fit_in_force is not None:
        for behaviours in all_figures(connection, of_attributes=_of_attributes(model)):
            count.add(behaviours)
    return count.report()


class _Count:
    """The customers of each cluster, and those who lack features."""

    def __init__(self, model: Model, day: date) -> None:
        self._model, self._day = model, day
        self._customers = [0] * model.fitted.k
        self._lacking: Counter[tuple[str, ...]] = Counter()
        self._sums = {feature.label: FloatSums(model.fitted.k) for feature in model.fitted.features}

    def add(self, behaviours: Behaviours) -> None:
        import numpy as np

        columns = [behaviours.values(feature, self._day) for feature in self._model.fitted.features]
        lacks = np.zeros(len(behaviours), dtype=np.int64)
        for place, column in enumerate(columns):
            lacks |= np.isnan(column).astype(np.int64) << place
        missing, customers = np.unique(lacks[lacks > 0], return_counts=True)
        for which, count in zip(missing.tolist(), customers.tolist(), strict=True):
            self._lacking[tuple(label for place, label in enumerate(self._sums) if which >> place & 1)] += count
        labelled = [column[lacks == 0] for column in columns]
        if len(labelled[0]):
            self._add(labelled, assign_all(self._model.fitted, labelled).clusters)

    def _add(self, columns: Sequence[Numbers], clusters: Whole) -> None:
        import numpy as np

        for cluster, count in enumerate(np.bincount(clusters).tolist()):
            self._customers[cluster] += count
        for sums, column in zip(self._sums.values(), columns, strict=True):
            sums.add(column, clusters)

    def report(self) -> Report:
        sums = [of.sums() for of in self._sums.values()]
        return Report(
            as_of=self._day,
            groups=[self._group(cluster, [of[cluster] for of in sums]) for cluster in range(self._model.fitted.k)],
            unlabelled=[_lacking(missing, customers) for missing, customers in sorted(self._lacking.items())],
        )

    def _group(self, cluster: int, totals: Sequence[float]) -> Group:
        customers, labelled = self._customers[cluster], sum(self._customers)
        fitted = self._model.fitted
        means = zip(fitted.features, totals, strict=True)
        return Group(
            group={"cluster": cluster, "cluster_id": fitted.ids[cluster], "label": self._model.cluster_names[cluster]},
            measures={
                "customers": counted(customers, "customers", "customers whose features are nearest to the cluster's centroid"),
                "share": ratio(
                    customers, labelled, "1", "customers in the cluster / customers with a label", "nobody has a label"
                ),
                **{mean_of(feature.label): _mean(feature, total, customers) for feature, total in means},
            },
        )


def _mean(feature: Feature, total: float, customers: int) -> Figure:
    unit = feature.currency or UNITS.get(feature.name, "1")
    definition = f"sum of {feature.label} / customers in the cluster"
    if not isfinite(total):
        return without_value(unit, definition, "the sum is too large for a floating-point number", n=customers)
    mean = ratio(plain(Decimal(repr(total)).normalize()), customers, unit, definition, "nobody is in the cluster")
    return msgspec.structs.replace(mean, n=customers)


def _lacking(missing: Sequence[str], customers: int) -> Lacking:
    figure = counted(customers, "customers", "customers without a label, because they lack these features")
    return Lacking(group={"missing": list(missing)}, measures={"customers": figure})


def _of_attributes(model: Model) -> bool:
    return any(feature.attribute is not None for feature in model.fitted.features)
