"""The report on what became of leads and deals, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.sales import lead_schemas as schemas
from api.shared.access import may
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After
from api.shared.routes import Router
from projections.sales import lead_funnel as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

By = Annotated[tuple[read_model.Group, ...], Query(max_length=5, description="Groups, with one kind of period at most.")]
Asked = Annotated[read_model.Question, questions(read_model.Question, ("channel",), by=By)]

DEFINITION = (
    "Leads captured and deals opened on these days, with all that became of them whenever it did. A deal has the channel and"
    " the origin of its lead. weighted_value = amount × probability of its stage in its pipeline as that is now, of open deals."
)


@router.get("/lead-funnel", responses=exported(answers(schemas.LEAD_FUNNEL), schemas.FUNNEL_GROUP))
async def lead_funnel(request: Request, after: After, question: Asked) -> Response:
    """What became of leads and of the deals that followed, by channel or as asked, and in all."""
    return await reported(
        request, after, question, ("leads", "deals", "pipelines"), read_model.report, by=question.by, definition=DEFINITION
    )
