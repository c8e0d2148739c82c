"""Commands on segment models over HTTP. A fit first reads the features of all customers; the event records its result."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import Request, Response
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool

from api.segmentation import segment_model_bodies as bodies
from api.segmentation.model_names import id_by_name, in_path
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.commanding import OWN_REQUEST, carry_out
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.reading import read
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.segmentation import segment_models
from domain.segmentation.segment_model import Fitted, SegmentModel
from domain.shared.aggregate import replayed
from domain.shared.events import time_zone
from domain.shared.ids import derived_id
from domain.shared.refusals import Malformed, NotThere
from infra.event_store.store import EventStore
from projections.segmentation.segment_fitting import Wanted, sample
from projections.segmentation.segment_fitting import fit as found_by

LABELS = "segment_labels"
MODELS = target(SegmentModel, "/v1/segment-models", "model_id")

router = Router(
    prefix=MODELS.location,
    tags=["segment-models"],
    route_class=StrictRoute,
    dependencies=[may("segments:write")],
    responses=ACCEPTED,
)

FITTING: Any = [may("segments:write", REPORT), OWN_REQUEST]


id_of = partial(id_by_name, SegmentModel)
"""The id of the model with this name; an id is returned unchanged."""
Model = Annotated[UUID, in_path(SegmentModel)]


@router.post("", status_code=201, responses=CREATED, dependencies=FITTING)
async def fit(request: Request, body: bodies.FitBody) -> Response:
    """Fit a new model to all customers who have every feature, and label them by it. The response comes after that.

    Features include everything recorded until now. A customer who lacks a feature is left out and gets no label.
    """
    fitted = await _fitted(request, body.wanted(), body.cut_off_day)
    id = derived_id(SegmentModel.name, body.name)
    facts: dict[str, Any] = {"model_id": id, "fitted": fitted, "activate": body.activate}
    return await _labelled(
        request, await carry_out(request, segment_models.fit, body, target=id, location=MODELS.location, **facts)
    )


@router.post("/{model}/fits", dependencies=FITTING)
async def fit_again(request: Request, id: Model, body: bodies.RefitBody | None = None) -> Response:
    """Fit the model again, to the customers as they are now. What the request does not name stays as in the last fit.

    An active model labels all customers by the new fit. The response comes after that.
    """
    body = body or bodies.RefitBody()
    last = await run_in_threadpool(last_fit, request.app.state.store, id)
    fitted = await _fitted(request, body.wanted(last), body.cut_off_day)
    facts: dict[str, Any] = {"model_id": id, "fitted": fitted, "activate": body.activate}
    return await _labelled(request, await carry_out(request, segment_models.refit, body, target=id, **facts))


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
    """Give the clusters readable names. In a new fit, clusters that are the same keep their names and ids."""
    return await MODELS.by_id(request, id, segment_models.name_clusters, body)


def last_fit(store: EventStore, id: UUID) -> Fitted:
    """The model's last fit, as recorded in the log, with the names that its clusters have now. Raises NotThere."""
    events = store.streams([id]).get(id, ())
    if not events or type(events[0].event) not in SegmentModel.events:
        raise NotThere(f"There is no {SegmentModel.name} {id}.", id=id)
    model = replayed(SegmentModel, id, events)
    assert model.fitted is not None, "the first event of a model is a fit"
    names = model.cluster_names
    return replace(model.fitted, cluster_names=names, named_by_people=model.fitted.by_people(names))


async def _fitted(request: Request, wanted: Wanted, cut_off: date | None) -> Fitted:
    """The result of the fit. Raises Malformed for a cut-off day in the future, CutOffDayTooEarly for one in the past."""
    today = datetime.now(UTC).astimezone(time_zone(request.app.state.settings.zone)).date()
    if cut_off is not None and cut_off > today:
        raise Malformed(f"The cut-off day {cut_off} is in the future.")
    state = request.app.state
    state.fitting_libraries.load()
    head = await run_in_threadpool(state.store.head)
    features, position = await read(
        request,
        {LABELS: None, "customer_view": None},
        head,
        lambda connection: sample(connection, wanted.features, today, cut_off),
        snapshot=True,
    )
    await run_in_threadpool(state.fitting_libraries.wait)
    return await to_thread.run_sync(partial(found_by, wanted, features, position), limiter=state.fitting)


async def _labelled(request: Request, response: Response) -> Response:
    """The response, once reads show the fit; at the latest after the time that a read may wait."""
    if response.status_code < 300:
        state = request.app.state
        await state.completeness.wait({LABELS: None}, int(response.headers["Position"]), state.settings.after_timeout)
    return response
