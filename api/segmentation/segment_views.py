"""Reads of segments over HTTP: the models, which cluster each customer is in, and a report on the clusters."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import Connection

from api.segmentation import segment_schemas as schemas
from api.segmentation.model_reports import READ, Named, asked_id, heading, of_model
from api.segmentation.segment_models import MODELS, Model
from api.shared.access import Caller, may
from api.shared.as_of import Resource
from api.shared.bounds import PAGE, REPORT
from api.shared.looking import seen_by
from api.shared.openapi import answers, exported, listed
from api.shared.problems import wrong_parameter
from api.shared.reading import After, Cursor, Limit, absent, found, listing, page, read
from api.shared.reading import report as reported
from api.shared.routes import Router
from api.shared.schemas import Schema
from api.shared.views import BY_ID, Views
from domain.segmentation.segment_model import SegmentModel
from infra.read_models.settled import settled_upto
from projections.segmentation import segment_answers, segment_models, segment_names, segment_report, segment_rule_answers
from projections.segmentation.segment_labels import segment_labels
from projections.shared.pages import Page

router = Router(tags=["segment-models"])

READER, PAGER, REPORTER = may("segments:read"), may("segments:read", PAGE), may("reports:read", REPORT)
Reader = Annotated[Caller, READER]

DEFINITION = (
    "A customer is in the cluster with the nearest centroid, after the model's transform and scaling. share = customers in the"
    " cluster / customers with a label. Means are of untransformed features, as of `as_of` or of a customer's last purchase if"
    " that is later. Customers who lack a feature have no label; `unlabelled` counts them."
)
DEFINITION_BY_RULE = (
    "A customer gets the label of the first rule that matches: the one with the smallest priority; if several have it, the one"
    " defined first. share = customers with the rule's label / all customers. `unlabelled` counts customers whom no rule"
    " matches."
)


@router.get(MODELS.location, responses=listed(schemas.MODEL))
async def models(request: Request, caller: Reader, after: After) -> Response:
    """All segment models, by name."""
    request.app.state.fitting_libraries.load()
    rows, position = await read(request, "segment_labels", after, segment_models.listing)
    return page(request, [seen_by(caller, row, "model_id") for row in rows], None, position)


views = Views(
    router,
    Resource(SegmentModel, segment_labels, segment_models.get),
    schemas.MODEL,
    permission="segments:read",
    row_key="model_id",
    key=BY_ID._replace(path="{model}", parameters={"id": Model}),
    path=MODELS.location,
)
views.one("One segment model: its last fit, the quality of that fit, and whether customers are labelled by it.", called="model")
views.history("Every event of the model, each with its changes.", called="history")


@router.get(
    "/v1/segment-labels", responses=exported(listed(schemas.LABEL), schemas.LABEL), dependencies=[may("segments:read", PAGE)]
)
async def labels(
    request: Request,
    after: After,
    model: Named = None,
    label: Annotated[str | None, Query(max_length=64, description="The name of a cluster.")] = None,
    labelled: Annotated[bool | None, Query(description="true: in a cluster; false: lacking a feature.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Every customer's label by one model, with the event that gave it and the customer's features now.

    All labels are by the model's last fit, which `fit_position` names. After a fit, customers are labelled again in portions.
    Until all are, a page looks at 20,000 customers at most. So it may be shorter than `limit`, or empty: go on while there is
    a `next`.
    """

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        id = asked_id(connection, model)
        if id is None:
            return Page([], None)
        settled = _settled(connection)
        return segment_answers.listing(
            connection, id, label=label, labelled=labelled, limit=limit, cursor=cursor, settled=settled
        )

    def of_row(connection: Connection) -> Schema:
        id = asked_id(connection, model)
        return schemas.label_by(segment_models.features(connection, id) if id else ())

    return await listing(
        request,
        READ,
        after,
        pages,
        show=lambda row: row,
        limit=limit,
        cursor=cursor,
        schema=of_row,
        snapshot=True,
    )


@router.get("/v1/customers/{id}/segment", responses=answers(schemas.SEGMENT, 404), dependencies=[READER])
async def segment(request: Request, after: After, id: UUID) -> Response:
    """The segments the customer is in now, with the events that put them there, and their past segments."""
    row, position = await read(
        request,
        READ,
        after,
        lambda connection: segment_answers.of_customer(connection, id, _settled(connection)),
        snapshot=True,
    )
    return absent("customer", id, position) if row is None else found(request, row, position)


@router.get(
    "/v1/reports/segments",
    responses=exported(
        answers({"anyOf": [schemas.SEGMENTS, schemas.RULE_SEGMENTS]}, 404), {"anyOf": [schemas.GROUP, schemas.RULE_GROUP]}
    ),
    dependencies=[REPORTER],
    tags=["reports"],
)
async def segments(
    request: Request,
    after: After,
    model: Named = None,
    rules: Annotated[bool, Query(description="Report by segment rules instead of a model.")] = False,
) -> Response:
    """Segments with the number and share of their customers; for a model also the means of the features."""
    if rules:
        if model is not None:
            raise wrong_parameter("model", "It has no effect on a report by rules: leave it out, or leave rules out")
        return await _by_rule(request, after)

    asked, made, position = await of_model(request, after, model, segment_report.report)
    body = heading(asked, f"{DEFINITION} {segment_names.definition(asked.fitted)}", position) | {
        "as_of": made.as_of,
        "groups": made.groups,
        "unlabelled": made.unlabelled,
    }
    return reported(request, body, position, schemas.group_by(feature.label for feature in asked.fitted.features))


def _settled(connection: Connection) -> int:
    return settled_upto(connection, segment_labels.name)


async def _by_rule(request: Request, after: int) -> Response:
    def report(connection: Connection) -> segment_rule_answers.Report:
        return segment_rule_answers.report(connection, _settled(connection))

    made, position = await read(request, READ, after, report, snapshot=True)
    body = {
        "definition": DEFINITION_BY_RULE,
        "position": position,
        "groups": made.groups,
        "unlabelled": made.unlabelled,
    }
    return reported(request, body, position, schemas.RULE_GROUP)
