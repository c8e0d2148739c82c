"""The service level report over HTTP: which targets of tickets were met."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from api.service import service_level_schemas as schemas
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After
from api.shared.routes import Router
from projections.service import service_level_report as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

By = Annotated[tuple[read_model.Group, ...], Query(max_length=4, description="Groups; at most one of day, week and month.")]
Asked = Annotated[read_model.Question, questions(read_model.Question, ("policy",), by=By)]

DEFINITION = (
    "attainment = met / (met + breached), in tickets. breached = it took longer, also if still open; undecided = open"
    " and still in time. The policies are those in force when a ticket was opened; the days are those of the opening."
)


@router.get("/service-levels", responses=exported(answers(schemas.SERVICE_LEVELS), schemas.SERVICE_LEVELS_GROUP))
async def service_levels(request: Request, after: After, question: Asked) -> Response:
    """Targets met and breached by tickets opened on these days, by metric: by policy or the given groups, and in total."""
    return await reported(
        request,
        after,
        question,
        ("ticket_times", "service_calendars", "sla_policies"),
        partial(read_model.report, now=datetime.now(UTC)),
        by=question.by,
        definition=DEFINITION,
    )
