"""The report on what waits, over HTTP: what came, what was done, and what is left."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from msgspec.structs import asdict

from api.service import service_level_schemas as schemas
from api.service.ticket_filter import Filtered
from api.shared.access import may
from api.shared.openapi import answers, exported
from api.shared.reading import After, read, report
from projections.service import ticket_backlog as read_model
from projections.shared.reports import Period

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

DEFINITION = (
    "A ticket waits while it is neither solved nor closed. backlog = that of the period before + opened + reopened - finished."
)


@router.get("/ticket-backlog", responses=exported(answers(schemas.BACKLOG), schemas.FLOW))
async def ticket_backlog(
    request: Request,
    after: After,
    tickets: Filtered,
    by: Period = "day",
) -> Response:
    """How many tickets came, came back and were finished in each period, and how many waited at its end and how long."""
    question = read_model.Question(by=by, **asdict(tickets))
    now = datetime.now(UTC)
    found, position = await read(
        request, "ticket_times", after, lambda connection: read_model.report(connection, question, now)
    )
    body = {
        "from": tickets.from_,
        "to": tickets.to,
        "zone": str(tickets.zone),
        "by": by,
        "definition": DEFINITION,
        "position": position,
        "groups": found,
    }
    return report(request, body, position)
