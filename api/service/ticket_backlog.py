"""The ticket backlog report over HTTP: tickets opened, finished, and in the backlog."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import Request, Response

from api.service import service_level_schemas as schemas
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After
from api.shared.routes import Router
from projections.service import ticket_backlog as read_model
from projections.shared.reports import Period

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

Asked = Annotated[read_model.Question, questions(read_model.Question, "day", by=Period)]

DEFINITION = (
    "A ticket is in the backlog while it is neither solved nor closed. backlog = backlog of the previous period + opened +"
    " reopened - finished."
)


@router.get("/ticket-backlog", responses=exported(answers(schemas.BACKLOG), schemas.FLOW))
async def ticket_backlog(request: Request, after: After, question: Asked) -> Response:
    """Tickets opened, reopened and finished in each period, the backlog at its end and the backlog's mean age."""
    return await reported(
        request,
        after,
        question,
        ("ticket_times",),
        partial(read_model.report, now=datetime.now(UTC)),
        by=question.by,
        definition=DEFINITION,
    )
