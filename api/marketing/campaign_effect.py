"""The campaign effect report over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from api.marketing import campaign_schemas as schemas
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.openapi import answers, exported
from api.shared.reading import FIRST_DAY, LAST_DAY, After, Day, read, report
from api.shared.routes import Router
from api.shared.zones import Zone
from projections.marketing import campaign_effect as read_model
from projections.marketing import campaign_effect_figures as figures
from projections.marketing.campaign_counts import Question

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    "Unique members who were targeted from `from` to before `to`. For a member who was never targeted the first touch counts"
    " instead; such members are `untargeted`. Removed members count as removed only. delivered = delivered, or sent without a"
    " hard or soft bounce; a click implies an open. sales = value of the conversions within the attribution window: from the"
    " targeting until that many days later, the same for all variants; without a window every conversion counts. seed_effect ="
    " sales × conversion_rate, which counts conversion twice; its mean is over the groups that have a rate. roi = (sales ×"
    " margin − cost) / cost. Funnel and rates cover all currencies, sales one currency."
)

From = Annotated[Day, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="The first day of targeting.")]
Margin = Annotated[
    Decimal, Query(ge=0, le=1, max_digits=7, decimal_places=6, description="The profit margin, as a fraction of sales.")
]


@router.get("/campaign-effect", responses=exported(answers(schemas.CAMPAIGN_EFFECT), schemas.CAMPAIGN_EFFECT_GROUP))
async def campaign_effect(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = None,
    to: Day = None,
    campaign_id: UUID | None = None,
    by: Literal["campaign", "variant"] = "campaign",
    margin: Margin = Decimal(1),
) -> Response:
    """Funnel, conversion rate, sales, cost and seed effect, by campaign or by its variants."""
    question = Question(from_=from_, to=to, zone=zone, campaign_id=campaign_id, by_variant=by == "variant")
    answered, position = await read(
        request,
        {"campaigns": None, "campaign_members": None},
        after,
        lambda connection: read_model.report(connection, question, margin),
        snapshot=True,
    )
    body = {
        "from": from_,
        "to": to,
        "zone": str(zone),
        "by": by,
        "margin": margin,
        "definition": DEFINITION,
        "position": position,
        "groups": [figures.measured(effect) for effect in answered.groups],
        "means": [figures.mean(one) for one in answered.means],
    }
    return report(request, body, position)
