"""pipelines: the current state of every pipeline, with its stages and the probability that a deal in each stage is won."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Text, select

from domain.sales.pipeline import Defined, Pipeline, Revised, Stage
from domain.shared.events import Recorded
from projections.shared.lists import Anything, Listing
from projections.shared.registers import encode, register
from projections.shared.rows import Instant, Row
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates, columns

pipeline_rows = aggregates(
    "pipelines",
    "pipeline_id",
    Column("code", SORTED_TEXT, nullable=False, index=True),
    *columns(Text, "name", "stages", nullable=False),
    Column("defined_at", Instant, nullable=False),
)

_stages = msgspec.json.Decoder(tuple[Stage, ...]).decode


def _changes(row: Row, recorded: Recorded) -> Row:
    match recorded.event:
        case Defined(code=code, name=name, stages=stages):
            defined = {"code": code, "defined_at": recorded.metadata.occurred_at}
            return {"name": name, "stages": encode(stages).decode()} | defined
        case Revised(name=name, stages=stages):
            return {"name": name, "stages": encode(stages).decode()}
    return {}


def _shown(row: Row) -> Row:
    stages: Any = msgspec.to_builtins(_stages(row["stages"]))
    return row | {"stages": stages}


PIPELINES = Listing[Anything, str](pipeline_rows, Anything, "code", show=_shown)
get, listing = PIPELINES.get, PIPELINES.listing


def probabilities(connection: Connection) -> dict[tuple[str, str], Decimal]:
    """The probability that a deal is won, by the codes of its pipeline and stage, from the current pipelines."""
    rows = connection.execute(select(pipeline_rows.c.code, pipeline_rows.c.stages))
    return {(code, stage.code): stage.probability for code, stages in rows for stage in _stages(stages)}


pipelines = register(pipeline_rows, 1, Pipeline.events, _changes)
