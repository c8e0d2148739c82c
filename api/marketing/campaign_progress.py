"""The report on the progress of campaigns over HTTP."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response

from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.openapi import answers, exported
from api.shared.reading import After, read, report
from api.shared.routes import Router
from api.shared.schemas import DAY, ID, INTEGER, MAYBE_DAY, TEXT, fields, group_of
from api.shared.zones import Zone
from domain.marketing.campaign.state import Status
from projections.marketing import campaign_progress as read_model
from projections.marketing.campaign_progress import Question

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    "Progress against the plan, as of today in `zone`. The expected end is the last of the expected days from the first day of"
    " the plan: days passed, today included, × target / reached. It is linear at the pace so far, and says nothing of why. An"
    " interval is that of the pace alone, as if events came at a constant rate. audience = members targeted without the control"
    " group; reached = something was delivered to them, or they opened, clicked, visited, responded or converted."
)
GROUP = group_of(
    {"campaign_id": ID, "campaign": TEXT, "status": TEXT, "starts": MAYBE_DAY, "ends": MAYBE_DAY}, read_model.MEASURES
)
ANSWER = fields(
    {"zone": TEXT, "day": DAY, "definition": TEXT, "position": INTEGER, "groups": {"type": "array", "items": GROUP}}
)


@router.get("/campaign-progress", responses=exported(answers(ANSWER), GROUP))
async def campaign_progress(
    request: Request, after: After, zone: Zone, campaign_id: UUID | None = None, status: Status | None = None
) -> Response:
    """Days, milestones, spend, audience and goal of campaigns against their plan, and when each is expected to be complete."""
    now = datetime.now(zone)
    question = Question(campaign_id=campaign_id, status=status)
    groups, position = await read(
        request,
        dict.fromkeys(read_model.READ),
        after,
        lambda connection: read_model.report(connection, question, now),
        snapshot=True,
    )
    body = {"zone": str(zone), "day": now.date(), "definition": DEFINITION, "position": position, "groups": groups}
    return report(request, body, position)
