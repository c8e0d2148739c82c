"""The report on a campaign's variants over HTTP."""

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
from projections.marketing import campaign_variants as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    "Everybody counts in the variant that they were assigned; the control is left out. probability_best: from the posterior"
    " distributions of the conversion rates with the prior Beta(1, 1), exact for two variants and by quadrature for more."
    " By revenue: the share of members who spend has the prior Beta(1, 1); what a buyer spends is taken as exponential, with a"
    " Gamma prior worth one buyer who spends the mean of all buyers. next_members: how many of the next `members` each variant"
    " gets if each of them goes to the variant whose draw is best (Thompson sampling, drawn with `seed`)."
)

Members = Annotated[int, Query(ge=1, le=100_000, description="How many next members are split between the variants.")]
Seed = Annotated[int, Query(ge=0, le=2**32 - 1, description="The same seed and data give the same split.")]


@router.get("/campaign-variants", responses=exported(answers(schemas.CAMPAIGN_VARIANTS, 404), schemas.CAMPAIGN_VARIANT))
async def campaign_variants(
    request: Request, after: After, campaign_id: UUID, members: Members = 1000, seed: Seed = 1
) -> Response:
    """The probability that each variant of a campaign is the best, and the split that Thompson sampling would use next."""
    question = read_model.Question(campaign_id=campaign_id, members=members, seed=seed)
    needed: dict[str, UUID | None] = {"campaigns": None, "campaign_members": None}
    answer, position = await read(
        request, needed, after, lambda connection: read_model.report(connection, question), snapshot=True
    )
    if answer is None:
        return absent("campaign", campaign_id, position)
    body = {
        "campaign_id": campaign_id,
        "campaign": answer.campaign.name,
        "attribution_window_days": answer.campaign.attribution_window_days,
        "members": members,
        "seed": seed,
        "definition": DEFINITION,
        "position": position,
        "sample_ratio": answer.sample_ratio,
        "groups": answer.groups,
    }
    return report(request, body, position)
