"""The service report over HTTP: feedback, ticket times, service levels and backlog."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from api.service import service_report_schemas as schemas
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After
from api.shared.routes import Router
from projections.customers.feedback_report import Group
from projections.service import service_report as read_model
from projections.service.ticket_report import Hours

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

By = Annotated[tuple[Group, ...], Query(max_length=4, description="Groups; at most one of day, week and month.")]
Clock = Annotated[Hours, Query(description="The clock of ticket times; feedback times are always calendar time.")]
Asked = Annotated[read_model.Question, questions(read_model.Question, ("channel",), by=By, clock=Clock)]

DEFINITION = (
    "feedback: feedback submitted from `from` to before `to`; the response rate is of feedback requested on these days. csat ="
    " answers of 4 or 5 / answers on the scale from 1 to 5; nps = 100 × (answers of 9 or 10 − answers of 0 to 6) / answers; ces"
    " = the mean on each scale. acknowledgement and resolution = time from the submission, of feedback that was acknowledged or"
    " resolved; `open` counts feedback that is still open. tickets: as in ticket-times, for tickets solved on these days."
    " service_levels: as in service-levels, for tickets opened on these days. backlog: as in ticket-backlog, for these days,"
    " with the backlog at their end or now. A part without data has no figures."
)


@router.get("/service", responses=exported(answers(schemas.SERVICE), schemas.SERVICE_GROUP))
async def service(request: Request, after: After, question: Asked) -> Response:
    """Feedback, ticket times, service levels and ticket backlog: by channel or by the given groups, and in total.

    The total has no group. `kind` is the kind of feedback, which tickets do not have: if the report is grouped by `kind`,
    figures of tickets are in the total only.
    """
    return await reported(
        request,
        after,
        question,
        ("feedback", "ticket_times", "service_calendars", "sla_policies"),
        partial(read_model.report, now=datetime.now(UTC)),
        clock=question.clock,
        by=question.by,
        definition=DEFINITION,
    )
