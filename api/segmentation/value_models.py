"""Value models over HTTP: fit them to what customers bought, and read the fits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.segmentation import value_schemas as schemas
from api.segmentation.model_names import id_by_name, in_path
from api.segmentation.segment_models import LABELS
from api.shared.access import Caller, may
from api.shared.as_of import Resource
from api.shared.bounds import REPORT
from api.shared.commanding import OWN_REQUEST, carry_out
from api.shared.fields import ABSENT, CalendarDay, CommandBody, Currency, SystemCode
from api.shared.looking import seen_by
from api.shared.openapi import ACCEPTED, CREATED, listed
from api.shared.reading import FIRST_DAY, LAST_DAY, After, page, read
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from api.shared.views import BY_ID, Views
from commands.segmentation import value_models as commands
from domain.segmentation.value_model import Fitted, TimeUnit, ValueModel
from domain.shared.aggregate import replayed
from domain.shared.events import time_zone
from domain.shared.ids import derived_id
from domain.shared.refusals import Malformed, NotThere
from infra.event_store.store import EventStore
from projections.segmentation import value_models as read_model
from projections.segmentation.value_fitting import Wanted, sample
from projections.segmentation.value_fitting import fit as found_by

MODELS = target(ValueModel, "/v1/value-models", "model_id")

commanding = Router(
    prefix=MODELS.location,
    tags=["value-models"],
    route_class=StrictRoute,
    dependencies=[may("segments:write")],
    responses=ACCEPTED,
)
reading = Router(prefix=MODELS.location, tags=["value-models"])

FITTING: Any = [may("segments:write", REPORT), OWN_REQUEST]
Reader = Annotated[Caller, may("segments:read")]

CutOffDay = Annotated[
    Annotated[CalendarDay, Field(ge=FIRST_DAY, le=LAST_DAY)] | None,
    Field(
        description="Purchases until the end of this day count; by default today. An earlier day leaves the purchases since "
        "then for `/v1/reports/value-calibration`."
    ),
]
Unit = Annotated[TimeUnit, Field(description="The unit of time of the parameters. It changes no prediction.")]


class ValueFitBody(CommandBody):
    """Fits BG/NBD and Gamma-Gamma to the purchase days of all customers in one currency."""

    model_config = {"json_schema_extra": {"examples": [{"name": "value", "currency": "EUR"}]}}

    name: SystemCode = Field(description="The model's name. No other value model may have it.")
    currency: Currency | None = Field(default=None, description="By default the only currency that customers bought in.")
    time_unit: Unit = "week"
    cut_off_day: CutOffDay = None


class ValueRefitBody(CommandBody):
    """Fits the model again. What the request does not name stays as in the last fit; the cut-off day is today by default."""

    model_config = {"json_schema_extra": {"examples": [{}]}}

    time_unit: Unit = ABSENT
    cut_off_day: CutOffDay = None


id_of = partial(id_by_name, ValueModel)
"""The id of the model with this name; an id is returned unchanged."""
Model = Annotated[UUID, in_path(ValueModel)]


@commanding.post("", status_code=201, responses=CREATED, dependencies=FITTING)
async def fit(request: Request, body: ValueFitBody) -> Response:
    """Fit a new model of how often and how much customers will buy.

    The event records the parameters, so values never change without an event: a replay fits nothing. A fit that found no
    maximum of the likelihood is recorded with `converged: false`, and everything computed from it carries a caution.
    """
    today = _today(request)
    wanted = Wanted(body.name, body.cut_off_day or today, body.currency, body.time_unit)
    id, fitted = derived_id(ValueModel.name, body.name), await _fitted(request, wanted, today)
    return await carry_out(request, commands.fit, body, target=id, location=MODELS.location, model_id=id, fitted=fitted)


@commanding.post("/{model}/fits", dependencies=FITTING)
async def fit_again(request: Request, id: Model, body: ValueRefitBody | None = None) -> Response:
    """Fit the model again, to the purchases as they are now, in the same currency."""
    body = body or ValueRefitBody()
    last = await run_in_threadpool(last_fit, request.app.state.store, id)
    today = _today(request)
    wanted = Wanted(last.name, body.cut_off_day or today, last.currency, body.time_unit or last.time_unit)
    fitted = await _fitted(request, wanted, today)
    return await carry_out(request, commands.refit, body, target=id, model_id=id, fitted=fitted)


@reading.get("", responses=listed(schemas.MODEL))
async def value_models(request: Request, caller: Reader, after: After) -> Response:
    """All value models, by name."""
    rows, position = await read(request, "value_models", after, read_model.listing)
    return page(request, [seen_by(caller, row, "model_id") for row in rows], None, position)


views = Views(
    reading,
    Resource(ValueModel, read_model.value_models, read_model.get),
    schemas.MODEL,
    permission="segments:read",
    row_key="model_id",
    key=BY_ID._replace(path="{model}", parameters={"id": Model}),
)
views.one("One value model: the parameters of its last fit, and what they were estimated from.", called="value_model")
views.history("Every fit of the model, each with its changes.", called="history")


def last_fit(store: EventStore, id: UUID) -> Fitted:
    """The model's last fit, as recorded in the log. Raises NotThere."""
    events = store.streams([id]).get(id, ())
    if not events or type(events[0].event) not in ValueModel.events:
        raise NotThere(f"There is no {ValueModel.name} {id}.", id=id)
    fitted = replayed(ValueModel, id, events).fitted
    assert fitted is not None, "the first event of a model is a fit"
    return fitted


def _today(request: Request) -> date:
    return datetime.now(UTC).astimezone(time_zone(request.app.state.settings.zone)).date()


async def _fitted(request: Request, wanted: Wanted, today: date) -> Fitted:
    """The result of the fit. Raises Malformed for a cut-off day in the future."""
    if wanted.cut_off_day > today:
        raise Malformed(f"The cut-off day {wanted.cut_off_day} is in the future.")
    state = request.app.state
    head = await run_in_threadpool(state.store.head)
    purchases, position = await read(
        request, {LABELS: None, "customer_view": None}, head, lambda connection: sample(connection, wanted), snapshot=True
    )
    return await to_thread.run_sync(partial(found_by, wanted, purchases, position), limiter=state.fitting)
