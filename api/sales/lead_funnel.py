"""The report on what became of leads and deals, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.sales import lead_schemas as schemas
from api.shared.access import may
from api.shared.grouping import From, To, grouped
from api.shared.openapi import answers, exported
from api.shared.reading import FIRST_DAY, LAST_DAY, After, AnyCode, read, report
from api.shared.zones import Zone
from projections.sales import lead_funnel as read_model

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

By = Annotated[tuple[read_model.Group, ...], Query(max_length=5, description="Groups, with one kind of period at most.")]

DEFINITION = (
    "Leads captured and deals opened on these days, with all that became of them whenever it did. A deal has the channel and"
    " the origin of its lead. weighted_value = amount × probability of its stage in its pipeline as that is now, of open deals."
)


@router.get("/lead-funnel", responses=exported(answers(schemas.LEAD_FUNNEL), schemas.FUNNEL_GROUP))
async def lead_funnel(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    by: By = ("channel",),
    channel: AnyCode = None,
    origin: AnyCode = None,
    owner: AnyCode = None,
    campaign_id: UUID | None = None,
) -> Response:
    """What became of leads and of the deals that followed, by channel or as asked, and in all."""
    question = read_model.Question(
        by=grouped(by),
        from_=from_,
        to=to,
        zone=zone,
        channel=channel,
        origin=origin,
        owner=owner,
        campaign_id=campaign_id,
    )
    needed = dict.fromkeys(("leads", "deals", "pipelines"))
    (total, groups), position = await read(
        request, needed, after, lambda connection: read_model.report(connection, question), snapshot=True
    )
    body = {
        "from": from_,
        "to": to,
        "zone": str(zone),
        "by": question.by,
        "definition": DEFINITION,
        "position": position,
        "total": total,
        "groups": groups,
    }
    return report(request, body, position)
