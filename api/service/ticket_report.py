"""The ticket times report over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import StringConstraints

from api.service import ticket_schemas as schemas
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After
from api.shared.routes import Router
from domain.shared.attributes import KEY_LENGTH
from projections.service import ticket_report as read_model
from projections.service.ticket_groups import ATTRIBUTE

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DatedBy = Annotated[
    read_model.DatedBy,
    Query(alias="date", description="Which event of a ticket must be on the days: opening, solution (default) or closure."),
]
Attribute = Annotated[str, StringConstraints(pattern=rf"^{ATTRIBUTE}.{{1,{KEY_LENGTH}}}$")]
By = Annotated[
    tuple[read_model.Group | Attribute, ...],
    Query(max_length=4, description="Groups; at most one of day, week and month. An attribute is `attribute:` and its key."),
]
Asked = Annotated[read_model.Question, questions(read_model.Question, (), dated_by=DatedBy, by=By)]


@router.get("/ticket-times", responses=exported(answers(schemas.TICKET_TIMES), schemas.TIMES_GROUP))
async def ticket_times(request: Request, after: After, question: Asked) -> Response:
    """Mean, quantiles and maximum of every measure of tickets, in total and by groups; without `by` in total.

    Unsolved tickets have no durations and are counted separately, with figures whose names contain `so_far`; discarded tickets
    are in no measure. With `clock=business` durations are in open time of the service calendar of each ticket's team.
    """
    return await reported(
        request,
        after,
        question,
        ("ticket_times", "service_calendars"),
        partial(read_model.report, now=datetime.now(UTC)),
        date=question.dated_by,
        clock=question.clock,
        by=question.by,
    )
