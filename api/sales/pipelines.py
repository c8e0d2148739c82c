"""Pipelines over HTTP: defined, revised, and as they are or were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from api.sales import lead_schemas as schemas
from api.shared.access import may
from api.shared.fields import SYSTEM, Body, Code, DecimalText, Line, Told
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When, as_of, history
from api.shared.reading import After, Cursor, Limit, absent, found, listing, page, read
from api.shared.schemas import CHANGE
from api.shared.strict import StrictRoute
from api.shared.targets import by_code
from commands.sales import pipelines as commands
from domain.sales.pipeline import STAGE_LIMIT, Pipeline, Stage, pipeline_id
from projections.sales import pipelines as read_model
from projections.shared.pages import Page

PREFIX = "/v1/pipelines"

commanding = APIRouter(
    prefix=PREFIX,
    tags=["pipelines"],
    route_class=StrictRoute,
    dependencies=[may("pipelines:write")],
    responses=ACCEPTED,
)
reading = APIRouter(prefix=PREFIX, tags=["pipelines"], dependencies=[may("pipelines:read")])

PipelineCode = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["sales"])]

PIPELINES = Resource(Pipeline, read_model.pipelines, read_model.get)

DEFINED: dict[str, Any] = {
    "name": "Sales",
    "stages": [
        {"code": "talking", "name": "In talks", "probability": "0.2"},
        {"code": "offered", "name": "Offer sent", "probability": "0.5"},
    ],
}


class StageBody(Body):
    """`probability` is the share of deals in this stage that are won in the end."""

    states = Stage

    code: Code
    name: Line
    probability: Annotated[DecimalText, Field(description="From 0 to 1.")]


class PipelineBody(Told):
    """Names are not personal: they name things. Stages are in their order."""

    name: Line
    stages: Annotated[list[StageBody], Field(min_length=1, max_length=STAGE_LIMIT)]

    model_config = {"json_schema_extra": {"examples": [DEFINED]}}


@commanding.put("/{code}", responses=CREATED)
async def define_or_revise(request: Request, code: PipelineCode, body: PipelineBody) -> Response:
    """Define a pipeline, or revise the one that is there. Deals stay in the stages in which they are."""
    return await by_code(request, pipeline_id(code), code, commands.define_or_revise, body, location=PREFIX)


@reading.get("", responses=exported(listed(schemas.PIPELINE), schemas.PIPELINE))
async def pipelines(
    request: Request,
    after: After,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Pipelines in the order of their codes."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, limit=limit, cursor=cursor)

    return await listing(request, "pipelines", after, pages, show=shown, limit=limit, cursor=cursor)


@reading.get("/{code}", responses=one(schemas.PIPELINE))
async def pipeline(request: Request, after: After, when: When, code: PipelineCode) -> Response:
    """One pipeline with its stages."""
    id = pipeline_id(code)
    row: Mapping[str, Any] | None
    if when.now:
        row, position = await read(request, {"pipelines": id}, after, lambda connection: read_model.get(connection, id))
    else:
        row, position = await as_of(request, PIPELINES, id, when)
    if row is None:
        return absent("pipeline", code, position)
    return found(request, shown(row), position, row["version"])


@reading.get("/{code}/history", responses=listed(CHANGE, 404))
async def pipeline_history(request: Request, code: PipelineCode) -> Response:
    """Every event of the pipeline, with what it changed."""
    items, position = await history(request, PIPELINES, pipeline_id(code), False, lambda row: shown(row) if row else row)
    return page(request, items, None, position) if items else absent("pipeline", code, position)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["pipeline_id"], **{name: value for name, value in row.items() if name != "pipeline_id"}}
