"""pipelines: each as it is now, with its stages and how likely a deal in each of them is to be won."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, Uuid, select

from domain.sales.pipeline import Defined, Pipeline, Revised, Stage
from domain.shared.events import Event, Recorded, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

PIPELINE_EVENTS: tuple[type[Event], ...] = tuple(Pipeline.events)

pipeline_rows = Table(
    "pipelines",
    metadata,
    Column("pipeline_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("stages", Text, nullable=False),
    Column("defined_at", Instant, nullable=False),
)

_stages = msgspec.json.Decoder(tuple[Stage, ...]).decode

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    mine = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, PIPELINE_EVENTS)]
    known = rows.load(pipeline_rows, {recorded.stream for recorded in mine})
    for recorded in mine:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(pipeline_rows, list(known.values()))


def _after(row: Row, recorded: Recorded) -> Row:
    told: Row = {"pipeline_id": recorded.stream, "position": recorded.position, "version": recorded.version}
    match recorded.event:
        case Defined(code=code, name=name, stages=stages):
            told |= {"code": code, "name": name, "stages": _text(stages), "defined_at": recorded.metadata.occurred_at}
        case Revised(name=name, stages=stages):
            told |= {"name": name, "stages": _text(stages)}
    return row | told


def _text(stages: Sequence[Stage]) -> str:
    return msgspec.json.encode(stages).decode()


# How it is queried


def get(connection: Connection, pipeline_id: UUID) -> Row | None:
    row = connection.execute(select(pipeline_rows).where(pipeline_rows.c.pipeline_id == pipeline_id)).mappings().first()
    return None if row is None else _shown(dict(row))


def listing(connection: Connection, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Pipelines in the order of their codes. Raises MalformedCursor."""
    found = page(connection, select(pipeline_rows), Order(pipeline_rows.c.code, pipeline_rows.c.pipeline_id), limit, cursor)
    return found._replace(rows=[_shown(row) for row in found.rows])


def probabilities(connection: Connection) -> dict[tuple[str, str], Decimal]:
    """How likely a deal is to be won, by the codes of its pipeline and stage, as the pipelines are now."""
    rows = connection.execute(select(pipeline_rows.c.code, pipeline_rows.c.stages))
    return {(code, stage.code): stage.probability for code, stages in rows for stage in _stages(stages)}


def _shown(row: Row) -> Row:
    stages: Any = msgspec.to_builtins(_stages(row["stages"]))
    return row | {"stages": stages}


pipelines = Projection(
    name="pipelines",
    version=1,
    tables=(pipeline_rows,),
    apply=apply,
    reads=frozenset(map(type_name, PIPELINE_EVENTS)),
)
