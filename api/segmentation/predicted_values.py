"""Predicted values over HTTP: what each customer will probably buy, the sums of these, and how right earlier ones were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import Connection

from api.segmentation import value_schemas as schemas
from api.segmentation.value_models import id_of
from api.shared.access import may
from api.shared.bounds import PAGE, REPORT
from api.shared.fields import CalendarDay
from api.shared.nearest import because
from api.shared.openapi import answers, exported, listed
from api.shared.problems import Problem, wrong_parameter
from api.shared.reading import FIRST_DAY, LAST_DAY, After, Cursor, Limit, absent, found, listing, read
from api.shared.reading import report as reported
from api.shared.routes import Router
from projections.segmentation import customer_value, predicted_values, segment_models, value_calibration, value_models
from projections.segmentation.value_models import Model
from projections.shared.pages import Page

T = TypeVar("T")

router = Router(tags=["value-models"])

# Behaviour and ended days are in segment_labels; merged customers count with their survivor.
READ = {"segment_labels": None, "value_models": None, "customer_view": None}
LONGEST = 3650
DEFINITION = (
    "Expected purchases are purchase days in the model's currency within the horizon, by BG/NBD (Fader, Hardie and Lee 2005)."
    " Expected spend is net sales per purchase day by Gamma-Gamma (2013): a customer without a repeat purchase has the mean of"
    " all, and is alive with certainty, since the model lets nobody drop out before. Value = purchases × spend, not discounted."
    " Purchases are those known now, as of `as_of` or of a customer's last purchase if that is later. The figures are"
    " expectations: they do not include the uncertainty of the parameters, whose standard errors the model states."
)
CALIBRATION = (
    "Customers who had bought until the cut-off day, by their repeat purchases until then (7+: seven or more). Predicted: what"
    " the model expected from the day after the cut-off day until the day before `to`. Actual: their purchase days in that"
    " time, and the net sales of these. Orders that were returned or cancelled since count as they are now."
)

Named = Annotated[
    str | None, Query(min_length=1, max_length=64, description="A value model's name or id; by default the only one.")
]
Horizon = Annotated[int, Query(ge=1, le=LONGEST, description="So many days from now on.")]


def _asked(connection: Connection, model: str | None) -> Model:
    """The model that the request names. Raises Problem 404."""
    models = value_models.known(connection)
    asked = value_models.by_default(models, None if model is None else id_of(model))
    if asked is None:
        names = [one.fitted.name for one in models]
        detail = because(f"There is no value model {model}", model, names) if model else _none_by_default(names)
        raise Problem(404, "not-there", detail)
    return asked


def _none_by_default(names: list[str]) -> str:
    return f"Name one of the value models: {', '.join(names)}." if names else "There is no value model."


@router.get(
    "/v1/predicted-values", responses=exported(listed(schemas.VALUE), schemas.VALUE), dependencies=[may("segments:read", PAGE)]
)
async def values(
    request: Request,
    after: After,
    model: Named = None,
    horizon_days: Horizon = 365,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What each customer will probably buy within the horizon, by one model's recorded parameters.

    `repeats` are the purchase days after the first one; `last_age_days` and `age_days` are the days from the first purchase day
    to the last one, and to now. `alive` is the probability that the customer has not dropped out; it is 1 for a customer
    without a repeat purchase. A customer who has not bought in the model's currency has a `reason` instead.
    """

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        asked = _asked(connection, model)
        return predicted_values.listing(connection, asked, horizon_days, limit=limit, cursor=cursor)

    return await listing(request, READ, after, pages, show=lambda row: row, limit=limit, cursor=cursor, snapshot=True)


@router.get(
    "/v1/customers/{id}/predicted-values",
    responses=answers(schemas.CUSTOMER, 404),
    dependencies=[may("segments:read")],
)
async def values_of_customer(request: Request, after: After, id: UUID, horizon_days: Horizon = 365) -> Response:
    """What the customer will probably buy within the horizon, by each value model."""
    row, position = await read(
        request,
        READ,
        after,
        lambda connection: predicted_values.of_customer(connection, id, horizon_days),
        snapshot=True,
    )
    return absent("customer", id, position) if row is None else found(request, row, position)


By = Annotated[
    customer_value.By,
    Query(description="decile: tenths of the customers, the most valuable first; repeats: by their repeat purchases."),
]


@router.get(
    "/v1/reports/customer-value",
    responses=exported(answers(schemas.CUSTOMER_VALUE, 404), schemas.VALUE_GROUP),
    dependencies=[may("reports:read", REPORT)],
    tags=["reports"],
)
async def value_report(
    request: Request, after: After, model: Named = None, horizon_days: Horizon = 365, by: By = "decile"
) -> Response:
    """What all customers will probably buy within the horizon."""

    def report(connection: Connection, model: Model) -> customer_value.Report:
        return customer_value.report(connection, model, horizon_days, by)

    (asked, made), position = await _by_model(request, after, model, report)
    body = {
        **_about(asked),
        "horizon_days": horizon_days,
        "as_of": made.as_of,
        "definition": DEFINITION,
        "position": position,
        "without_purchase": made.without_purchase,
        "total": made.total,
        "groups": made.groups,
    }
    return reported(request, body, position, schemas.value_group(by))


@router.get(
    "/v1/reports/value-calibration",
    responses=exported(answers(schemas.CALIBRATION, 404), schemas.CALIBRATION_GROUP),
    dependencies=[may("reports:read", REPORT)],
    tags=["reports"],
)
async def calibration(
    request: Request,
    after: After,
    model: Named = None,
    to: Annotated[
        CalendarDay | None,
        Query(
            ge=FIRST_DAY, le=LAST_DAY, description="The day after the last day; by default the day after the last ended one."
        ),
    ] = None,
) -> Response:
    """What the model expected after its cut-off day, beside what customers bought since."""

    def report(connection: Connection, model: Model) -> tuple[date, value_calibration.Report]:
        ended = segment_models.known(connection).ended
        until = to - timedelta(days=1) if to else ended or model.fitted.cut_off_day
        if until <= model.fitted.cut_off_day:
            raise wrong_parameter("to", f"There is nothing to compare until {until}: the cut-off day is later, or the same day")
        return until, value_calibration.report(connection, model, until)

    (asked, (until, made)), position = await _by_model(request, after, model, report)
    body = {
        **_about(asked),
        "to": until + timedelta(days=1),
        "definition": CALIBRATION,
        "position": position,
        "total": made.total,
        "groups": made.groups,
    }
    return reported(request, body, position)


async def _by_model(
    request: Request, after: int, model: str | None, report: Callable[[Connection, Model], T]
) -> tuple[tuple[Model, T], int]:
    def query(connection: Connection) -> tuple[Model, T]:
        asked = _asked(connection, model)
        return asked, report(connection, asked)

    return await read(request, READ, after, query, snapshot=True)


def _about(model: Model) -> dict[str, object]:
    return {
        "model_id": model.model_id,
        "model": model.fitted.name,
        "fit_position": model.fit_position,
        "cut_off_day": model.fitted.cut_off_day,
        "currency": model.fitted.currency,
    }
