"""How many customers moved from which segment to which, and how far all have moved since a fit."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.segmentation.model_reports import Named, heading, of_model
from api.segmentation.segment_models import LABELS
from api.segmentation.segment_schemas import (
    EXPLAINED,
    EXPLANATION,
    SEGMENT_DRIFT,
    SEGMENT_DRIFT_GROUP,
    SEGMENT_FLOW,
    SEGMENT_FLOWS,
)
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.openapi import answers, exported
from api.shared.problems import wrong_parameter
from api.shared.reading import LARGEST_POSITION, After, not_yet, within_the_log
from api.shared.reading import report as reported
from api.shared.routes import Router
from infra.read_models.settled import settled_upto
from projections.segmentation import segment_drift, segment_explanation, segment_flows
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import Model
from projections.shared.figures import Measured

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    "Customers by their segment after the event at `from` and after the one at `to`. A cluster is the same in several fits if"
    " its id is; its name is that of the last fit that had it. `from` or `to` of a group is `no label` for customers who were"
    " not there, or while the model labelled nobody; `lacks a feature` for those who had no value of a feature. Labels are"
    " those of each customer's own record: merged customers count apart, and erased ones not at all."
)
DRIFT = (
    "Population stability index of each feature and of the mix of segments, with the bins of the fit: tenths of the customers"
    " who were fitted, and the clusters. Customers are as they are now; those who lack a feature do not count. From 0.25 on,"
    " the fit no longer describes them (`refit_advised`); below 0.1 little has moved."
)
EXPLAINED_AS = (
    "The leaves of a decision tree that learnt the labels of 70 % of the customers (of 50,000 at most) from their features,"
    " with three leaves for each cluster at most. All figures are of the other 30 %. fidelity = the share whose rule names"
    " their cluster; precision = the share of those whom a rule matches; coverage = the share of those in the cluster."
)
NOW = LARGEST_POSITION - 1

Start = Annotated[int, Query(alias="from", ge=0, le=NOW, description="A position in the log; by default its beginning.")]
End = Annotated[int | None, Query(ge=0, le=NOW, description="A later position; by default now.")]


@router.get("/segment-flows", responses=exported(answers(SEGMENT_FLOWS, 404), SEGMENT_FLOW))
async def flows(request: Request, after: After, start: Start = 0, to: End = None, model: Named = None) -> Response:
    """How many customers moved from which segment to which, between two positions of the log.

    While a fit or the end of a day has not reached all labels, the answer is 503 for a position after it.
    """
    if to is not None and to < start:
        raise wrong_parameter("to", "It is before from")
    within_the_log(max(start, to or 0), await run_in_threadpool(request.app.state.store.head))
    end = NOW if to is None else to

    def report(connection: Connection, asked: Model) -> list[Measured]:
        settled = settled_upto(connection, segment_labels.name)
        turn = segment_flows.last_turn(connection, asked.model_id, settled, end)
        if turn is not None:
            raise not_yet(segment_labels.name, turn, settled)
        return segment_flows.report(connection, asked.model_id, start, end)

    asked, groups, position = await of_model(request, max(after, start, to or 0), model, report, {LABELS: None})
    body = heading(asked, DEFINITION, position) | {
        "from": start,
        "to": position if to is None else to,
        "groups": groups,
    }
    return reported(request, body, position)


@router.get("/segment-drift", responses=exported(answers(SEGMENT_DRIFT, 404), SEGMENT_DRIFT_GROUP))
async def drift(request: Request, after: After, model: Named = None) -> Response:
    """How far customers have moved since the model was fitted: by each feature, and by the mix of segments."""
    asked, made, position = await of_model(request, after, model, segment_drift.report)
    body = heading(asked, DRIFT, position) | {
        "as_of": made.as_of,
        "refit_advised": made.refit_advised,
        "groups": made.groups,
    }
    return reported(request, body, position)


@router.get("/segment-explanation", responses=exported(answers(EXPLANATION, 404), EXPLAINED))
async def explanation(request: Request, after: After, model: Named = None) -> Response:
    """The segments as rules that a person can read. Each `rule` can be sent to `/v1/segment-rules` as it is."""
    libraries = request.app.state.fitting_libraries
    libraries.load()
    explained = partial(segment_explanation.report, ready=libraries.wait)
    asked, made, position = await of_model(request, after, model, explained)
    body = heading(asked, EXPLAINED_AS, position) | {
        "as_of": made.as_of,
        "fidelity": made.fidelity,
        "groups": made.groups,
    }
    return reported(request, body, position)
