"""The report on how promises about tickets were kept, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import asdict

from api.service import service_level_schemas as schemas
from api.service.ticket_filter import Filtered
from api.shared.access import may
from api.shared.grouping import grouped
from api.shared.openapi import answers, exported
from api.shared.reading import After, read, report
from projections.service import service_level_report as read_model

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

By = Annotated[tuple[read_model.Group, ...], Query(max_length=4, description="Groups, with one kind of period at most.")]

READ = {"ticket_times": None, "service_calendars": None, "sla_policies": None}
DEFINITION = (
    "attainment = met / (met + breached), in tickets. Breached is what went on beyond the moment it was due, what is open and"
    " overdue too; undecided is what is open and not yet due. The policies are those in force when a ticket was opened; the"
    " days are those on which it was."
)


@router.get("/service-levels", responses=exported(answers(schemas.SERVICE_LEVELS), schemas.SERVICE_LEVELS_GROUP))
async def service_levels(
    request: Request,
    after: After,
    tickets: Filtered,
    by: By = ("policy",),
) -> Response:
    """How many promises about tickets opened on these days were kept, by metric: by policy or as asked, and of all tickets."""
    groups = grouped(by)
    question = read_model.Question(by=groups, **asdict(tickets))
    now = datetime.now(UTC)
    (total, found), position = await read(
        request, READ, after, lambda connection: read_model.report(connection, question, now), snapshot=True
    )
    body = {
        "from": tickets.from_,
        "to": tickets.to,
        "zone": str(tickets.zone),
        "by": groups,
        "definition": DEFINITION,
        "position": position,
        "total": total,
        "groups": found,
    }
    return report(request, body, position)
