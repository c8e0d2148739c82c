"""The waiting times report over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request, Response

from api.service import waiting_time_schemas as schemas
from api.service.ticket_report import By
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions
from api.shared.openapi import answers, exported
from api.shared.reading import After, read_as_of, report
from api.shared.routes import Router
from projections.service import waiting_times as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

LONGEST_TAU = 100 * 366 * 24 * 3600
Measure = Annotated[read_model.Wait, Query(description="What is waited for, from the opening of a ticket.")]
Tau = Annotated[
    int | None,
    Query(ge=1, le=LONGEST_TAU, description="The restricted mean ends after so many seconds; default: the longest observed."),
]
Asked = Annotated[read_model.Question, questions(read_model.Question, (), by=By, measure=Measure, tau=Tau)]


@router.get("/waiting-times", responses=exported(answers(schemas.WAITING_TIMES), schemas.WAITING_TIMES_GROUP))
async def waiting_times(request: Request, after: After, question: Asked) -> Response:
    """How long people wait, with tickets that are still open: median, 90th percentile, restricted mean, and a curve to draw.

    The tickets are those opened on the days asked for. Open tickets have waited at least until the time at which the answer's
    position was recorded. Without `by`, the total is the only group. `log_rank` tests whether the groups differ.
    """
    needed = ("ticket_times", "service_calendars")
    (total, groups, log_rank), position = await read_as_of(
        request, dict.fromkeys(needed), after, lambda connection, now: read_model.report(connection, question, now)
    )
    asked: dict[str, Any] = {"from": question.from_, "to": question.to, "zone": str(question.zone)}
    asked |= {name: getattr(question, name) for name in ("measure", "clock", "by", "tau")}
    found = {"position": position, "log_rank": log_rank, "total": total, "groups": groups if question.by else [total]}
    return report(request, asked | found, position)
