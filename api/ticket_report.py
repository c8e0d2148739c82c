"""The report on how long people wait, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import ticket_schemas as schemas
from api.access import may
from api.grouping import From, To, grouped
from api.openapi import answers, exported
from api.reading import FIRST_DAY, LAST_DAY, After, AnyCode, read, report
from api.zones import Zone
from projections import ticket_report as read_model
from projections.ticket_measures import MEASURES

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

DatedBy = Annotated[read_model.DatedBy, Query(alias="date", description="What happened on the days: by default the solution.")]
By = Annotated[tuple[read_model.Group, ...], Query(max_length=4, description="Groups, with one kind of period at most.")]
READ = {"ticket_times": None, "service_calendars": None}


@router.get("/ticket-times", responses=exported(answers(schemas.TICKET_TIMES), schemas.TIMES_GROUP))
async def ticket_times(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    dated_by: DatedBy = "solved",
    by: By = ("category",),
    clock: read_model.Hours = "calendar",
    agent: AnyCode = None,
    team: AnyCode = None,
    category: AnyCode = None,
    priority: AnyCode = None,
    channel: AnyCode = None,
) -> Response:
    """How long people waited: of every measure its mean and its quantiles, by category or as asked, and of all tickets.

    Unsolved tickets have no durations and are counted beside; discarded ones leave all measures. With `clock=business`
    durations are in open time of the service calendar that each ticket's team goes by.
    """
    groups = grouped(by)
    question = read_model.Question(
        by=groups,
        dated_by=dated_by,
        clock=clock,
        from_=from_,
        to=to,
        zone=zone,
        agent=agent,
        team=team,
        category=category,
        priority=priority,
        channel=channel,
    )
    now = datetime.now(UTC)
    (total, found), position = await read(
        request, READ, after, lambda connection: read_model.report(connection, question, now), snapshot=True
    )
    body = {
        "from": from_,
        "to": to,
        "zone": str(zone),
        "date": dated_by,
        "clock": clock,
        "by": groups,
        "definitions": {name: measure.definition for name, measure in MEASURES.items()},
        "position": position,
        "total": total,
        "groups": found,
    }
    return report(request, body, position)
