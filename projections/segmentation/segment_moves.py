"""A customer's labels by models: the tables, how a model sees a customer, and how labels of some customers move.

A row has the position of the event that moved the customer to the cluster, and the features at that time. It stays unchanged
until the customer moves to another cluster, or the model is fitted again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, ColumnElement, Date, Double, Index, Integer, Text, Uuid, delete, func, select

from projections.customers.customer_behaviour import Behaviour, as_of_day, values
from projections.segmentation.segment_assignment import assign, assign_all
from projections.segmentation.segment_models import Model, model_states
from projections.shared.id_vectors import ids_of
from projections.shared.rows import Row, Rows
from projections.shared.tables import columns, table

labels = table(
    "segment_labels",
    Column("customer_id", Uuid, primary_key=True),
    Column("model_id", Uuid, primary_key=True),
    # The positions of the event that moved the customer here, and of the fit that decided it.
    *columns(BigInteger, "since", "fit_position", nullable=False),
    Column("cluster", Integer),
    Column("missing", Text, nullable=False),
    # As seen at `since`: the day, the distance from the centroid in scaled space, and the features in the model's order.
    Column("as_of", Date, nullable=False),
    Column("distance", Double),
    Column("features", Text, nullable=False),
    narrow=True,
    roomy=True,
)
Index("ix_segment_labels_cluster", labels.c.model_id, labels.c.cluster, labels.c.customer_id)
# A fit ends the labels of all customers. Their key begins with the fit that ends: so they follow all others, in the order of
# customers. The rows of a customer are found by the positions of all fits.
past_labels = table(
    "segment_label_history",
    Column("fit_position", BigInteger, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("model_id", Uuid, nullable=False),
    Column("cluster", Integer),
    Column("missing", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    narrow=True,
)

KEPT = ("customer_id", "model_id", "since", "fit_position", "cluster", "missing", "as_of")


def of_model(model_id: UUID, column: ColumnElement[UUID]) -> ColumnElement[bool]:
    """The condition for labels of the model, which no index finds: SQLite would read all of the model, and not a portion."""
    return func.coalesce(column, column) == model_id


def by_any_fit(rows: Rows) -> ColumnElement[bool]:
    """The condition that the key of past labels begins with; all of them meet it."""
    return rows.table(past_labels).c.fit_position.in_(select(rows.table(model_states).c.position))


def past_of(rows: Rows, customers: Collection[UUID]) -> list[Row]:
    """The past labels of these customers by any model."""
    query = select(rows.table(past_labels)).where(*_are_past(rows, customers))
    return [dict(row) for row in rows.connection.execute(query).mappings()] if customers else []


def _are_past(rows: Rows, customers: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    return by_any_fit(rows), rows.is_among(rows.table(past_labels).c.customer_id, ids_of(customers))


# A customer as a model sees them


class Seen(NamedTuple):
    """A customer's features for a model as of a day, and their cluster; without a cluster, the features that are missing."""

    as_of: date
    features: Sequence[float | None]
    missing: Sequence[str]
    cluster: int | None = None
    distance: float | None = None


def seen(model: Model, behaviour: Behaviour, ended: date | None) -> Seen:
    found = _features(model, behaviour, ended)
    if found.missing:
        return found
    cluster, distance = assign(model.fitted, [value for value in found.features if value is not None])
    return found._replace(cluster=cluster, distance=distance)


def all_seen(model: Model, behaviours: Sequence[Behaviour], ended: date | None) -> list[Seen]:
    """Many customers together; each result is exactly that of `seen`."""
    import numpy

    found = [_features(model, behaviour, ended) for behaviour in behaviours]
    whole = [index for index, one in enumerate(found) if not one.missing]
    if whole:
        columns = numpy.array([found[index].features for index in whole], dtype=float).T
        clusters, distances = assign_all(model.fitted, list(columns))
        for index, cluster, distance in zip(whole, clusters.tolist(), distances.tolist(), strict=True):
            found[index] = found[index]._replace(cluster=cluster, distance=distance)
    return found


def _features(model: Model, behaviour: Behaviour, ended: date | None) -> Seen:
    features, day = model.fitted.features, model.day(ended)
    found = values(features, behaviour, day)
    missing = [feature.label for feature, value in zip(features, found, strict=True) if value is None]
    return Seen(as_of_day(behaviour, day), found, missing)


# How labels move


class Moves:
    """The labels of some customers: changed event by event, and written once. `current` are their rows before."""

    def __init__(self, rows: Rows, current: Iterable[Row]) -> None:
        self._rows = rows
        self._current = {(row["customer_id"], row["model_id"]): row for row in current}
        self._ends: dict[tuple[UUID, UUID], int] = {}
        self._moved: set[tuple[UUID, UUID]] = set()
        self._ended: set[tuple[UUID, UUID]] = set()
        self._forgotten: set[UUID] = set()
        self._past: list[Row] = []

    def see(self, customer_id: UUID, model: Model, seen: Seen, position: int) -> None:
        """Give the customer the label that was `seen`, unless they have it already."""
        key = (customer_id, model.model_id)
        before, missing = self._current.get(key), msgspec.json.encode(seen.missing).decode()
        if before is not None:
            if (before["fit_position"], before["cluster"], before["missing"]) == (model.fit_position, seen.cluster, missing):
                return
            self._past.append(_past(before, position))
        self._moved.add(key)
        self._current[key] = {
            "customer_id": customer_id,
            "model_id": model.model_id,
            "since": position,
            "fit_position": model.fit_position,
            "cluster": seen.cluster,
            "missing": missing,
            "as_of": seen.as_of,
            "distance": seen.distance,
            "features": msgspec.json.encode(seen.features).decode(),
        }

    def current(self, customer_id: UUID) -> list[Row]:
        """The customer's labels now, by any model."""
        return [row for (id, _), row in self._current.items() if id == customer_id]

    def past(self, customer_id: UUID) -> list[Row]:
        """The labels of the customer that have ended since the rows were read."""
        return [row for row in self._past if row["customer_id"] == customer_id]

    def look_up_ends(self, customers: Collection[UUID], models: Collection[UUID]) -> None:
        """Reads when these models' labels of the customers have ended, where there is none any more: see `last`."""
        without = [id for id in customers if any((id, model) not in self._current for model in models)]
        for row in past_of(self._rows, without):
            key = (row["customer_id"], row["model_id"])
            self._ends[key] = max(self._ends.get(key, 0), row["until"])

    def last(self, customer_id: UUID, model_id: UUID) -> int:
        """The position of the event that gave the customer's label by the model, or ended it; 0 if there was none."""
        key = (customer_id, model_id)
        row = self._current.get(key)
        return self._ends.get(key, 0) if row is None else int(row["since"])

    def end(self, customer_id: UUID, model: Model) -> None:
        """End the customer's label: the model labels no customer any more."""
        key = (customer_id, model.model_id)
        if key in self._current:
            self._past.append(_past(self._current.pop(key), model.position))
            self._ended.add(key)

    def forget(self, customer_id: UUID) -> None:
        self._forgotten.add(customer_id)

    def save(self) -> None:
        rows, forgotten = self._rows, self._forgotten
        rows.delete(labels, "customer_id", forgotten)
        if forgotten:
            rows.connection.execute(delete(rows.table(past_labels)).where(*_are_past(rows, forgotten)))
        rows.remove(labels, self._ended)
        rows.insert(past_labels, [row for row in self._past if row["customer_id"] not in forgotten])
        moved = (key for key in self._moved if key in self._current and key[0] not in forgotten)
        rows.save(labels, [self._current[key] for key in moved])


def _past(row: Row, until: int) -> Row:
    return {name: row[name] for name in KEPT} | {"until": until}
