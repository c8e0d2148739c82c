"""The lead funnel report over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.sales import lead_schemas as schemas
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After
from api.shared.routes import Router
from projections.sales import lead_funnel as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

By = Annotated[tuple[read_model.Group, ...], Query(max_length=5, description="Groups; at most one of day, week and month.")]
Asked = Annotated[read_model.Question, questions(read_model.Question, ("channel",), by=By)]

DEFINITION = (
    "Leads captured and deals opened on these days, with everything that happened to them, also later. A deal has the channel"
    " and the origin of its lead. weighted_value = the sum of amount × probability over open deals, with the probability that"
    " the deal's stage has in its pipeline now."
)


@router.get("/lead-funnel", responses=exported(answers(schemas.LEAD_FUNNEL), schemas.FUNNEL_GROUP))
async def lead_funnel(request: Request, after: After, question: Asked) -> Response:
    """Leads, the deals that followed, and how both ended: by channel or by the given groups, and in total."""
    return await reported(
        request, after, question, ("leads", "deals", "pipelines"), read_model.report, by=question.by, definition=DEFINITION
    )
