"""Commands on segment models over HTTP. A fit first reads the features of all customers; the event records its result."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from api.marketing import segment_model_bodies as bodies
from api.shared.access import may
from api.shared.commanding import carry_out
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.reading import read
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.marketing import segment_models
from domain.marketing.segment_model import SegmentModel
from domain.shared.events import time_zone
from domain.shared.ids import derived_id
from domain.shared.refusals import Malformed
from projections.marketing.segment_fitting import fit as found_by
from projections.marketing.segment_fitting import sample

MODELS = target(SegmentModel, "/v1/segment-models", "model_id")

router = Router(
    prefix=MODELS.location,
    tags=["segment-models"],
    route_class=StrictRoute,
    dependencies=[may("segments:write")],
    responses=ACCEPTED,
)


def id_of(name: str) -> UUID:
    """The id of the model with this name; an id is returned unchanged."""
    try:
        return UUID(name)
    except ValueError:
        return derived_id(SegmentModel.name, name)


async def model_id(model: Annotated[str, Path(min_length=1, max_length=64, description="A model's name or id.")]) -> UUID:
    return id_of(model)


Model = Annotated[UUID, Depends(model_id)]


@router.post("", status_code=201, responses=CREATED)
async def fit(request: Request, body: bodies.FitBody) -> Response:
    """Fit a model to all customers who have every feature, and label them by it. The response comes after the fit.

    Features include everything recorded until now. A customer who lacks a feature is left out and gets no label.
    """
    day = _cut_off_day(request, body.cut_off_day)
    wanted = body.wanted()
    head = await run_in_threadpool(request.app.state.store.head)
    read_models = {"segment_labels": None, "customer_view": None}
    features, position = await read(
        request, read_models, head, lambda connection: sample(connection, wanted.features, day), snapshot=True
    )
    fitted = await to_thread.run_sync(partial(found_by, wanted, features, position), limiter=request.app.state.fitting)
    id = derived_id(SegmentModel.name, body.name)
    facts: dict[str, Any] = {"model_id": id, "fitted": fitted, "activate": body.activate}
    return await carry_out(request, segment_models.fit, body, target=id, location=MODELS.location, **facts)


@router.post("/{model}/activation")
async def activate(request: Request, id: Model, body: CommandBody | None = None) -> Response:
    """Label every customer by the model's last fit."""
    return await MODELS.by_id(request, id, segment_models.activate, body)


@router.post("/{model}/retirement")
async def retire(request: Request, id: Model, body: CommandBody | None = None) -> Response:
    """Stop labelling customers by this model. It can be activated again."""
    return await MODELS.by_id(request, id, segment_models.retire, body)


@router.put("/{model}/cluster-names")
async def name_clusters(request: Request, id: Model, body: bodies.ClusterNamesBody) -> Response:
    """Give the clusters readable names. A new fit numbers its clusters again."""
    return await MODELS.by_id(request, id, segment_models.name_clusters, body)


def _cut_off_day(request: Request, given: date | None) -> date:
    """The given day, or else today in the store's zone. Raises Malformed for a day in the future."""
    today = datetime.now(UTC).astimezone(time_zone(request.app.state.settings.zone)).date()
    if given is not None and given > today:
        raise Malformed(f"The cut-off day {given} is in the future.")
    return given or today
