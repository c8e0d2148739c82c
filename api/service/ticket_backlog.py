"""The report on what waits, over HTTP: what came, what was done, and what is left."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import Request, Response

from api.service import service_level_schemas as schemas
from api.shared.access import may
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After
from api.shared.routes import Router
from projections.service import ticket_backlog as read_model
from projections.shared.reports import Period

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

Asked = Annotated[read_model.Question, questions(read_model.Question, "day", by=Period)]

DEFINITION = (
    "A ticket waits while it is neither solved nor closed. backlog = that of the period before + opened + reopened - finished."
)


@router.get("/ticket-backlog", responses=exported(answers(schemas.BACKLOG), schemas.FLOW))
async def ticket_backlog(request: Request, after: After, question: Asked) -> Response:
    """How many tickets came, came back and were finished in each period, and how many waited at its end and how long."""
    return await reported(
        request,
        after,
        question,
        ("ticket_times",),
        partial(read_model.report, now=datetime.now(UTC)),
        snapshot=False,
        by=question.by,
        definition=DEFINITION,
    )
