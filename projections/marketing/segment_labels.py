"""segment_labels: each customer's segment by every active model, since when, and by which event.

A label depends only on the customer's features as of a day and on the last fit of the model; a replay never fits. The day is
the latest of: the model's cut-off day, the last day that has ended, the customer's last purchase. So a label changes with the
customer's own facts, with a fit, and with the end of a day. A row has the position of that event and the features at that
time. It stays unchanged until the customer moves to another cluster, or the model is fitted again. Labels by rule are separate
and change in the same batch: see `segment_rule_labels`.

A customer who lacks a feature has no label; the row names the missing features. Erasing a customer deletes all of their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Date, Double, Index, Integer, Text, Uuid

from domain.operations.calendar import DayEnded
from domain.shared.events import Recorded
from projections.customers import customer_features
from projections.customers.customer_behaviour import Behaviour, as_of_day, load, values
from projections.customers.customer_features import Features
from projections.marketing import segment_models, segment_rule_labels, segment_rules
from projections.marketing.segment_assignment import assign, assign_all
from projections.marketing.segment_models import Known, Model, keep_day, keep_model, known_before
from projections.marketing.segment_rule_labels import RuleMoves, first_match, label_everyone, rules_changed
from projections.shared.projection import Delivery, Projection, types
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
)
Index("ix_segment_labels_cluster", labels.c.model_id, labels.c.cluster, labels.c.customer_id)
past_labels = table(
    "segment_label_history",
    Column("customer_id", Uuid, primary_key=True),
    Column("model_id", Uuid, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    *columns(BigInteger, "until", "fit_position", nullable=False),
    Column("cluster", Integer),
    Column("missing", Text, nullable=False),
    Column("as_of", Date, nullable=False),
)

KEPT = ("customer_id", "model_id", "since", "fit_position", "cluster", "missing", "as_of")

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


# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    for everyone, run in groupby(batch, key=lambda delivery: delivery.recorded.metadata.everyone):
        if everyone:
            for delivery in run:
                _apply_for_everyone(rows, delivery.recorded)
        else:
            _apply_to_customers(rows, list(run))


def _apply_to_customers(rows: Rows, batch: Sequence[Delivery]) -> None:
    known = known_before(rows, batch[0].recorded.position)
    features = Features(rows, batch)
    rules = segment_rules.known_before(rows, batch[0].recorded.position)
    moves = Moves(rows, rows.select(labels, "customer_id", features.of) if known.active else ())
    by_rule = RuleMoves(rows, features.of if rules else ())
    for delivery in batch:
        position = delivery.recorded.position
        for id in features.fold(delivery):
            behaviour = features.of.get(id)
            if behaviour is None:
                moves.forget(id)
                by_rule.forget(id)
            else:
                for model in known.active:
                    moves.see(id, model, seen(model, behaviour, known.ended), position)
                by_rule.see(id, first_match(rules, behaviour, known.ended), position)
    features.save()
    moves.save()
    by_rule.save()


def _apply_for_everyone(rows: Rows, recorded: Recorded) -> None:
    known = known_before(rows, recorded.position)
    if isinstance(recorded.event, DayEnded):
        keep_day(rows, recorded.position, recorded.event)
        _end_day(rows, known, recorded.event.day, recorded.position)
        return
    if isinstance(recorded.event, segment_rules.EVENTS):
        _change_rule(rows, known, recorded)
        return
    before = known.models.get(recorded.stream)
    model = keep_model(rows, before, recorded)
    if model.fit_in_force is None:
        if before is not None and before.fit_in_force is not None:
            _end_labels(rows, model)
    elif before is None or before.fit_in_force != model.fit_in_force:
        _label_everyone(rows, model, known.ended, recorded.position)


def _end_day(rows: Rows, known: Known, day: date, position: int) -> None:
    ended = max(day, known.ended or day)
    for model in known.active:
        if model.depends_on_the_day and model.day(ended) != model.day(known.ended):
            _label_everyone(rows, model, ended, position)
    rules = segment_rules.known_before(rows, position)
    segment_rule_labels.end_day(rows, rules, known.ended, ended, position)


def _change_rule(rows: Rows, known: Known, recorded: Recorded) -> None:
    before = segment_rules.known_before(rows, recorded.position)
    segment_rules.keep_rule(rows, recorded)
    after = segment_rules.known_before(rows, recorded.position + 1)
    if rules_changed(before, after):
        label_everyone(rows, after, known.ended, recorded.position)


def _label_everyone(rows: Rows, model: Model, ended: date | None, position: int) -> None:
    for portion in rows.each(customer_features.customer_features):
        states = {row["customer_id"]: row["state"] for row in portion if row["state"] is not None}
        found = all_seen(model, [load(state) for state in states.values()], ended)
        moves = Moves(rows, rows.select(labels, "customer_id", states))
        for id, one in zip(states, found, strict=True):
            moves.see(id, model, one, position)
        moves.save()


def _end_labels(rows: Rows, model: Model) -> None:
    for portion in rows.each(customer_features.customer_features):
        customers = [row["customer_id"] for row in portion]
        moves = Moves(rows, rows.select(labels, "customer_id", customers))
        for customer_id in customers:
            moves.end(customer_id, model)
        moves.save()


class Moves:
    """The labels of some customers: changed event by event, and written once. `current` are their rows before."""

    def __init__(self, rows: Rows, current: Iterable[Row]) -> None:
        self._rows = rows
        self._current = {(row["customer_id"], row["model_id"]): row for row in current}
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
        for narrow in (labels, past_labels):
            rows.delete(narrow, "customer_id", forgotten)
        rows.remove(labels, self._ended)
        rows.insert(past_labels, [row for row in self._past if row["customer_id"] not in forgotten])
        rows.save(labels, [self._current[key] for key in self._moved if key[0] not in forgotten])


def _past(row: Row, until: int) -> Row:
    return {name: row[name] for name in KEPT} | {"until": until}


segment_labels = Projection(
    name="segment_labels",
    version=5,
    tables=(
        *segment_models.TABLES,
        *segment_rules.TABLES,
        *customer_features.TABLES,
        labels,
        past_labels,
        *segment_rule_labels.TABLES,
    ),
    apply=apply,
    reads=types(*segment_models.EVENTS, *segment_rules.EVENTS, *customer_features.EVENTS),
)
