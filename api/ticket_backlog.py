"""The report on what waits, over HTTP: what came, what was done, and what is left."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api import service_level_schemas as schemas
from api.access import may
from api.grouping import From, To
from api.openapi import answers, exported
from api.reading import FIRST_DAY, LAST_DAY, After, AnyCode, read, report
from api.zones import Zone
from projections import ticket_backlog as read_model
from projections.channel_sales import Period

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

DEFINITION = (
    "A ticket waits while it is neither solved nor closed. backlog = that of the period before + opened + reopened - finished."
)


@router.get("/ticket-backlog", responses=exported(answers(schemas.BACKLOG), schemas.FLOW))
async def ticket_backlog(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    by: Period = "day",
    agent: AnyCode = None,
    team: AnyCode = None,
    category: AnyCode = None,
    priority: AnyCode = None,
    channel: AnyCode = None,
) -> Response:
    """How many tickets came, came back and were finished in each period, and how many waited at its end and how long."""
    question = read_model.Question(
        by=by,
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
    found, position = await read(
        request, "ticket_times", after, lambda connection: read_model.report(connection, question, now)
    )
    body = {
        "from": from_,
        "to": to,
        "zone": str(zone),
        "by": by,
        "definition": DEFINITION,
        "position": position,
        "groups": found,
    }
    return report(request, body, position)
