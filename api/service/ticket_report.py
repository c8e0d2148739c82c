"""The report on how long people wait, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import asdict

from api.service import ticket_schemas as schemas
from api.service.ticket_filter import Filtered
from api.shared.access import may
from api.shared.grouping import grouped
from api.shared.openapi import answers, exported
from api.shared.reading import After, read, report
from projections.service import ticket_report as read_model
from projections.service.ticket_measures import MEASURES

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

DatedBy = Annotated[read_model.DatedBy, Query(alias="date", description="What happened on the days: by default the solution.")]
By = Annotated[tuple[read_model.Group, ...], Query(max_length=4, description="Groups, with one kind of period at most.")]
READ = {"ticket_times": None, "service_calendars": None}


@router.get("/ticket-times", responses=exported(answers(schemas.TICKET_TIMES), schemas.TIMES_GROUP))
async def ticket_times(
    request: Request,
    after: After,
    tickets: Filtered,
    dated_by: DatedBy = "solved",
    by: By = ("category",),
    clock: read_model.Hours = "calendar",
) -> Response:
    """How long people waited: of every measure its mean and its quantiles, by category or as asked, and of all tickets.

    Unsolved tickets have no durations and are counted beside; discarded ones leave all measures. With `clock=business`
    durations are in open time of the service calendar that each ticket's team goes by.
    """
    groups = grouped(by)
    question = read_model.Question(by=groups, dated_by=dated_by, clock=clock, **asdict(tickets))
    now = datetime.now(UTC)
    (total, found), position = await read(
        request, READ, after, lambda connection: read_model.report(connection, question, now), snapshot=True
    )
    body = {
        "from": tickets.from_,
        "to": tickets.to,
        "zone": str(tickets.zone),
        "date": dated_by,
        "clock": clock,
        "by": groups,
        "definitions": {name: measure.definition for name, measure in MEASURES.items()},
        "position": position,
        "total": total,
        "groups": found,
    }
    return report(request, body, position)
