"""The campaign lift report over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from api.marketing import experiment_schemas as schemas
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.openapi import answers, exported
from api.shared.reading import After, absent, read, report
from api.shared.routes import Router
from api.shared.zones import Zone
from domain.marketing.campaign.values import CONTROL
from domain.shared.attributes import KEY_LENGTH
from projections.marketing import campaign_lift as read_model
from projections.marketing import covariates
from projections.marketing.arms_compared import ENOUGH
from projections.shared.figures import LEVEL
from projections.shared.statistics.sequential import DIFFERENCE

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    "Everybody counts in the variant that they were assigned, also if they were suppressed or removed, and those who spent"
    " nothing count with 0. A conversion counts from the targeting until the attribution window ends; without a window, every"
    " conversion after the targeting counts. `interval` and `test` are valid for one look at the data, `always_valid` for any"
    " number of looks: it finds differences of the size of `tau` soonest, the `expected_conversion_difference` of the plan or"
    f" {DIFFERENCE} (`tau_from`). A verdict says whether the p-value, corrected by Holm if there are several arms, is below"
    f" 0.05. There is none if an arm has fewer than {ENOUGH} events, or would have if it were lower with p = 0.01; if the"
    " difference of means has a skewness above 0.2, or above 0.15 with all values together; or if the arms do not have their"
    " planned shares (p < 0.001)."
)

Control = Annotated[str, Query(max_length=64, description="The variant with which all others are compared.")]
Covariate = Annotated[
    str | None,
    Query(
        pattern=r"^(spend|attribute:.+)$",
        max_length=len(covariates.ATTRIBUTE) + KEY_LENGTH,
        description="For CUPED: `spend` before the targeting, or `attribute:<key>`, a number that the customer had then.",
        examples=["spend"],
    ),
]


@router.get("/campaign-lift", responses=exported(answers(schemas.CAMPAIGN_LIFT, 404), schemas.CAMPAIGN_LIFT_GROUP))
async def campaign_lift(
    request: Request,
    after: After,
    zone: Zone,
    campaign_id: UUID,
    control: Control = CONTROL,
    covariate: Covariate = None,
) -> Response:
    """What each variant of a campaign changed, compared with its hold-out: conversions and revenue per member."""
    question = read_model.Question(campaign_id=campaign_id, control=control, covariate=covariate, zone=zone)
    needed = ("campaigns", "campaign_members", *covariates.read_models(covariate))
    answer, position = await read(
        request, dict.fromkeys(needed), after, lambda connection: read_model.report(connection, question), snapshot=True
    )
    if answer is None:
        return absent("campaign", campaign_id, position)
    body = {
        "campaign_id": campaign_id,
        "campaign": answer.campaign.name,
        "control": control,
        "covariate": covariate,
        "attribution_window_days": answer.campaign.attribution_window_days,
        "confidence": LEVEL,
        "tau": answer.tau,
        "tau_from": "default" if answer.campaign.expected_conversion_difference is None else "plan",
        "zone": str(zone),
        "definition": DEFINITION,
        "position": position,
        "sample_ratio": answer.sample_ratio,
        "groups": answer.groups,
    }
    return report(request, body, position)
