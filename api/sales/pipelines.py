"""Pipelines over HTTP: define, revise, and read them now or as of any moment."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import Field

from api.sales import lead_schemas as schemas
from api.shared import targets
from api.shared.access import may
from api.shared.as_of import Resource
from api.shared.fields import SYSTEM, Body, Code, CommandBody, DecimalText, Line
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.views import Views, by_code
from commands.sales import pipelines as commands
from domain.sales.pipeline import STAGE_LIMIT, Pipeline, Stage, pipeline_id
from projections.sales import pipelines as read_model

PREFIX = "/v1/pipelines"

commanding = Router(
    prefix=PREFIX,
    tags=["pipelines"],
    route_class=StrictRoute,
    dependencies=[may("pipelines:write")],
    responses=ACCEPTED,
)
reading = Router(prefix=PREFIX, tags=["pipelines"])

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
    """`probability` is the share of deals in this stage that are finally won."""

    states = Stage

    code: Code
    name: Line
    probability: Annotated[DecimalText, Field(description="From 0 to 1.")]


class PipelineBody(CommandBody):
    """Names are not personal data: they name things. Stages are in the order of the pipeline."""

    name: Line
    stages: Annotated[list[StageBody], Field(min_length=1, max_length=STAGE_LIMIT)]

    model_config = {"json_schema_extra": {"examples": [DEFINED]}}


@commanding.put("/{code}", responses=CREATED)
async def define_or_revise(request: Request, code: PipelineCode, body: PipelineBody) -> Response:
    """Define a pipeline or revise an existing one. Deals stay in their stages."""
    return await targets.by_code(request, pipeline_id(code), code, commands.define_or_revise, body, location=PREFIX)


views = Views(
    reading,
    PIPELINES,
    schemas.PIPELINE,
    permission="pipelines:read",
    key=by_code(PipelineCode, pipeline_id),
    own=True,
)
views.many(read_model.listing, "Pipelines in the order of their codes.", called="pipelines")
views.one("One pipeline with its stages.")
views.history()
