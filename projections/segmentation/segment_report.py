"""Figures per cluster: the number of customers, and the means of their features, untransformed.

Each customer is seen as they are now, as their label is: a label depends on nothing but the customer's features as of a day and
the fit. Features are as of the model's day, or of the customer's last purchase if that is later. A merged customer counts with
the survivor only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from projections.customers.all_behaviours import all_figures
from projections.customers.behaviour_figures import Behaviours
from projections.segmentation.segment_assignment import assign_all
from projections.segmentation.segment_models import Model, known
from projections.shared.figures import Figure
from projections.shared.float_sums import FloatSums
from projections.shared.ratios import ratio

if TYPE_CHECKING:
    from projections.customers.behaviour_figures import Numbers
    from projections.shared.vectors import Whole


class Mean(msgspec.Struct, frozen=True):
    """The sum of a feature over the customers of a cluster / their number; `value` is None if there are no customers."""

    value: float | None
    numerator: float
    denominator: int


class Group(msgspec.Struct, frozen=True):
    cluster: int
    label: str
    customers: int
    share: Figure
    means: dict[str, Mean]


class Lacking(msgspec.Struct, frozen=True):
    """Customers without a label because they lack these features."""

    missing: list[str]
    customers: int


class Report(msgspec.Struct, frozen=True):
    model: Model
    as_of: date
    groups: list[Group]
    unlabelled: list[Lacking]


def report(connection: Connection, model_id: UUID) -> Report | None:
    """The clusters of the model, without customers if it is not active. None without such a model."""
    now = known(connection)
    model = now.models.get(model_id)
    if model is None:
        return None
    count = _Count(model, model.day(now.ended))
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
        totals = {label: of.sums() for label, of in self._sums.items()}
        return Report(
            model=self._model,
            as_of=self._day,
            groups=[self._group(cluster, totals) for cluster in range(self._model.fitted.k)],
            unlabelled=[Lacking(list(missing), customers) for missing, customers in sorted(self._lacking.items())],
        )

    def _group(self, cluster: int, totals: Mapping[str, Sequence[float]]) -> Group:
        customers, labelled = self._customers[cluster], sum(self._customers)
        means = {label: _mean(of[cluster], customers) for label, of in totals.items()}
        share = ratio(customers, labelled, "1", "customers in the cluster / customers with a label", "nobody has a label")
        return Group(cluster, self._model.cluster_names[cluster], customers, share, means)


def _mean(total: float, customers: int) -> Mean:
    return Mean(total / customers if customers else None, total, customers)


def _of_attributes(model: Model) -> bool:
    return any(feature.attribute is not None for feature in model.fitted.features)
