"""The segment models and the last ended day at every position. The labels of all customers depend on them.

A row is the state of a model after one of its events, or a day that ended; it never changes. Every partition writes the same
rows. At a position, a partition reads only the rows before that position, so it never sees rows that another partition wrote
ahead of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from math import copysign, expm1
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import structs
from sqlalchemy import BigInteger, Column, Connection, Date, Select, Table, Text, Uuid, bindparam, func, select, true

from domain.operations.calendar import DayEnded
from domain.segmentation.segment_model import Fitted, SegmentModel
from domain.shared.events import Event, Recorded
from projections.segmentation.segment_names import definition
from projections.shared.rows import Row, Rows
from projections.shared.tables import table

model_states = table(
    "segment_models",
    Column("model_id", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("state", Text, nullable=False),
)
ended_days = table(
    "ended_days",
    Column("position", BigInteger, primary_key=True),
    Column("day", Date, nullable=False),
)
TABLES = (model_states, ended_days)

MODEL_EVENTS: tuple[type[Event], ...] = tuple(SegmentModel.events)
EVENTS: tuple[type[Event], ...] = (*MODEL_EVENTS, DayEnded)


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model after the event at `position`; `fit_position` is the position of its last fit."""

    model_id: UUID
    version: int
    position: int
    fit_position: int
    fitted: Fitted
    cluster_names: tuple[str, ...]
    active_since: datetime | None
    retired_since: datetime | None

    @property
    def status(self) -> Literal["fitted", "active", "retired"]:
        if self.active_since is not None:
            return "active"
        return "fitted" if self.retired_since is None else "retired"

    @property
    def fit_in_force(self) -> int | None:
        """The position of the fit that labels customers, or None if the model is not active."""
        return self.fit_position if self.status == "active" else None

    @property
    def depends_on_the_day(self) -> bool:
        return any(feature.depends_on_the_day for feature in self.fitted.features)

    def day(self, ended: date | None) -> date:
        """The day as of which features are computed, unless a customer's last purchase is later."""
        return self.fitted.cut_off_day if ended is None else max(self.fitted.cut_off_day, ended)

    def upto(self, day: date) -> Model:
        """The model for features of this day, if that is before its cut-off day."""
        fitted = structs.replace(self.fitted, cut_off_day=min(self.fitted.cut_off_day, day))
        return structs.replace(self, fitted=fitted)


class Known(NamedTuple):
    """The state at a position: all models, and the last day that has ended."""

    models: Mapping[UUID, Model]
    ended: date | None

    @property
    def active(self) -> list[Model]:
        return [model for model in self.models.values() if model.fit_in_force is not None]

    def upto(self, day: date) -> Known:
        """The same models for features of this day, if that is before the last day that has ended."""
        models = {id: model.upto(day) for id, model in self.models.items()}
        return Known(models, None if self.ended is None else min(self.ended, day))


# How events change it


def known_before(rows: Rows, position: int) -> Known:
    """The models and the last ended day, by the events before this position."""
    return _known(rows.connection, rows.table(model_states), rows.table(ended_days), position)


def keep_model(rows: Rows, before: Model | None, recorded: Recorded) -> Model:
    """The model after the event, saved at its position. Raises LookupError if it was never fitted."""
    aggregate = SegmentModel(recorded.stream)
    fit_position = 0
    if before is not None:
        aggregate.fitted, aggregate.cluster_names = before.fitted, before.cluster_names
        aggregate.active_since, aggregate.retired_since = before.active_since, before.retired_since
        fit_position = before.fit_position
    recorded.event.apply(aggregate, recorded.metadata)
    if aggregate.fitted is None:
        raise LookupError(f"The first event of the segment model {recorded.stream} is not a fit.")
    model = Model(
        model_id=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        fit_position=recorded.position if isinstance(recorded.event, Fitted) else fit_position,
        fitted=aggregate.fitted,
        cluster_names=aggregate.cluster_names,
        active_since=aggregate.active_since,
        retired_since=aggregate.retired_since,
    )
    rows.save(model_states, [{"model_id": model.model_id, "position": model.position, "state": _encode(model).decode()}])
    return model


def keep_day(rows: Rows, position: int, ended: DayEnded) -> None:
    rows.save(ended_days, [{"position": position, "day": ended.day}])


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = lru_cache(maxsize=64)(msgspec.json.Decoder(Model).decode)


def _known(connection: Connection, states: Table, days: Table, before: int) -> Known:
    rows = connection.execute(_latest(states, days), {"before": before}).all()
    models = (_decode(state) for _, state in rows if state is not None)
    return Known({model.model_id: model for model in models}, rows[0].day)


@lru_cache(maxsize=8)
def _latest(states: Table, days: Table) -> Select[Any]:
    """The last ended day beside the state of each model; a row without a state if there is no model."""
    before = bindparam("before", type_=BigInteger())
    last = select(states.c.model_id, func.max(states.c.position).label("position")).where(states.c.position < before)
    latest = last.group_by(states.c.model_id).subquery()
    at_last = (states.c.model_id == latest.c.model_id) & (states.c.position == latest.c.position)
    model = select(states.c.model_id, states.c.state).join(latest, at_last).subquery()
    ended = select(func.max(days.c.day).label("day")).where(days.c.position < before).subquery()
    return select(ended.c.day, model.c.state).select_from(ended.outerjoin(model, true())).order_by(model.c.model_id)


# How it is queried

LAST = 2**63 - 1
BASELINE = "baseline"


def known(connection: Connection) -> Known:
    """The current models and the last ended day."""
    return _known(connection, model_states, ended_days, LAST)


def listing(connection: Connection) -> list[Row]:
    """All models in their current state, in the order of their names."""
    models = known(connection).models.values()
    return [shown(model) for model in sorted(models, key=lambda model: model.fitted.name)]


def get(connection: Connection, model_id: UUID) -> Row | None:
    model = known(connection).models.get(model_id)
    return None if model is None else shown(model)


def by_default(connection: Connection) -> UUID | None:
    """The model that reads use if the request names none: the one called `baseline`, or else the only active one."""
    found = known(connection)
    named = [model.model_id for model in found.models.values() if model.fitted.name == BASELINE]
    active = [model.model_id for model in found.active]
    return named[0] if named else active[0] if len(active) == 1 else None


def names(connection: Connection) -> list[str]:
    """The names of all models."""
    return [model.fitted.name for model in known(connection).models.values()]


def features(connection: Connection, model_id: UUID) -> list[str]:
    """The names of the model's features; none if there is no such model."""
    model = known(connection).models.get(model_id)
    return [] if model is None else [feature.label for feature in model.fitted.features]


def fits(connection: Connection) -> dict[tuple[UUID, int], Model]:
    """Each fit of each model, by its position: the last state of the model before its next fit."""
    states = connection.execute(select(model_states.c.state).order_by(model_states.c.position)).scalars()
    return {(model.model_id, model.fit_position): model for model in map(_decode, states)}


def shown(model: Model) -> Row:
    """The model for people. A cluster's `centre` is in the features' own units."""
    fitted = model.fitted
    plain: dict[str, Any] = msgspec.to_builtins(fitted)
    copied = ("cut_off_position", "cut_off_day", "transform", "mean", "scale", "seed", "customers", "left_out", "quality")
    return {
        "model_id": model.model_id,
        "version": model.version,
        "position": model.position,
        "name": fitted.name,
        "status": model.status,
        "active_since": model.active_since,
        "retired_since": model.retired_since,
        "fit_position": model.fit_position,
        "features": [feature.label for feature in fitted.features],
        "k": fitted.k,
        "clusters": [_cluster(model, index) for index in range(fitted.k)],
        **{name: plain[name] for name in copied},
        "versions": fitted.versions,
        "names_defined": definition(fitted),
    }


def _cluster(model: Model, index: int) -> Row:
    fitted = model.fitted
    scaled = fitted.centroids[index]
    centre = [value * scale + mean for value, scale, mean in zip(scaled, fitted.scale, fitted.mean, strict=True)]
    if fitted.transform == "log1p":
        centre = [copysign(expm1(abs(value)), value) for value in centre]
    labels = [feature.label for feature in fitted.features]
    return {
        "cluster": index,
        "id": fitted.ids[index],
        "name": model.cluster_names[index],
        "named_by": "people" if fitted.by_people(model.cluster_names)[index] else "rule",
        "centroid": scaled,
        "centre": dict(zip(labels, centre, strict=True)),
    }
