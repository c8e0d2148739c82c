"""The report on how well customers are served, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import contact_schemas as schemas
from api.access import may
from api.openapi import answers, exported
from api.problems import Problem
from api.reading import FIRST_DAY, LAST_DAY, After, AnyCode, read, report
from api.zones import Zone
from domain.feedback import Kind
from projections import service_report as read_model
from projections.feedback_report import PERIODS, Group, Question

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

From = Annotated[date, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="The first day.")]
To = Annotated[date, Query(ge=FIRST_DAY, le=LAST_DAY, description="The day after the last.")]
By = Annotated[tuple[Group, ...], Query(max_length=4, description="Groups, with one kind of period at most.")]

DEFINITION = (
    "Of feedback submitted from `from` to before `to`; the response rate is of feedback requested on these days. csat = answers"
    " of 4 or 5 / answers on the scale from 1 to 5; nps = 100 × (answers of 9 or 10 − answers of 0 to 6) / answers; ces = the"
    " mean on each scale. acknowledgement and resolution count from the submission, of feedback that was acknowledged or"
    " resolved; what is `open` is counted beside."
)


@router.get("/service", responses=exported(answers(schemas.SERVICE), schemas.SERVICE_GROUP))
async def service(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    by: By = ("channel",),
    kind: Kind | None = None,
    channel: AnyCode = None,
    agent: AnyCode = None,
) -> Response:
    """What customers say of how they are served, and how long their feedback takes: by channel or as asked, and of all."""
    groups = tuple(dict.fromkeys(by))
    if len([group for group in groups if group in PERIODS]) > 1:
        raise Problem(422, "does-not-fit", "A report is by one kind of period: day, week or month.")
    question = Question(by=groups, from_=from_, to=to, zone=zone, kind=kind, channel=channel, agent=agent)
    (total, found), position = await read(
        request, "feedback", after, lambda connection: read_model.report(connection, question), snapshot=True
    )
    body = {
        "from": from_,
        "to": to,
        "zone": str(zone),
        "clock": "calendar",
        "by": groups,
        "definition": DEFINITION,
        "position": position,
        "total": total,
        "groups": found,
    }
    return report(request, body, position)
