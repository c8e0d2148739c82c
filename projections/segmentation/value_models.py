"""value_models: the last fit of each value model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Text, select

from domain.segmentation.value_model import Fitted, ValueModel
from domain.shared.events import Recorded
from projections.shared.registers import encode, register
from projections.shared.rows import Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates

model_rows = aggregates(
    "value_models",
    "model_id",
    Column("name", SORTED_TEXT, nullable=False, index=True),
    Column("fit_position", BigInteger, nullable=False),
    Column("fitted", Text, nullable=False),
)


def _changes(row: Row, recorded: Recorded) -> Row:
    match recorded.event:
        case Fitted() as fitted:
            return {"name": fitted.name, "fit_position": recorded.position, "fitted": encode(fitted).decode()}
    return {}


value_models = register(model_rows, 1, ValueModel.events, _changes)


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A value model, with the position of its last fit."""

    model_id: UUID
    fit_position: int
    fitted: Fitted


_decode = msgspec.json.Decoder(Fitted).decode


def known(connection: Connection) -> list[Model]:
    """All models, in the order of their names."""
    query = select(model_rows).order_by(model_rows.c.name)
    return [
        Model(model_id=row["model_id"], fit_position=row["fit_position"], fitted=_decode(row["fitted"]))
        for row in connection.execute(query).mappings()
    ]


def by_default(models: list[Model], model_id: UUID | None) -> Model | None:
    """The model with this id; without an id the only model, or None if there are none or several."""
    if model_id is None:
        return models[0] if len(models) == 1 else None
    return next((model for model in models if model.model_id == model_id), None)


# How it is queried


def listing(connection: Connection) -> list[Row]:
    """All models, in the order of their names."""
    rows = connection.execute(select(model_rows).order_by(model_rows.c.name)).mappings()
    return [shown(dict(row)) for row in rows]


def get(connection: Connection, model_id: UUID) -> Row | None:
    row = connection.execute(select(model_rows).where(model_rows.c.model_id == model_id)).mappings().first()
    return None if row is None else shown(dict(row))


def shown(row: Mapping[str, Any]) -> Row:
    """The row for people: the fields of the fit replace its text."""
    fitted = _decode(row["fitted"])
    plain = {name: msgspec.to_builtins(getattr(fitted, name)) for name in fitted.__struct_fields__ if name != "name"}
    copied = ("model_id", "version", "position", "name", "fit_position")
    return {name: row[name] for name in copied} | plain
