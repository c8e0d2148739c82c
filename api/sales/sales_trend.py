"""The report on the trend of sales over HTTP."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import Query, Request, Response

from api.sales.channel_sales import DEFINITION as SALES
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After, AnyCurrency
from api.shared.routes import Router
from api.shared.schemas import DAY, FIGURE, INTEGER, MAYBE_DAY, TEXT, TEXTS, fields
from projections.sales import sales_trend as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    SALES + " Whole weeks from Monday to Sunday that have ended, from the first one that begins on or after the first sale in"
    " the currency; a week without sales is zero. trend = the Theil-Sen slope. Its interval assumes that weeks are independent"
    " apart from the trend: with seasons it is too narrow, and a trend over less than a year may be a season. A year is 52"
    " weeks, so that the same days of the week are compared."
)
GROUP = fields(
    {
        "group": fields({"currency": TEXT, "from": MAYBE_DAY, "last": MAYBE_DAY}, {"channel": TEXT}),
        "measures": fields(dict.fromkeys(read_model.MEASURES, FIGURE)),
    }
)
ANSWER = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "by": TEXTS,
        "definition": TEXT,
        "position": INTEGER,
        "groups": {"type": "array", "items": GROUP},
    }
)
By = Annotated[tuple[Literal["channel"], ...], Query(max_length=1, description="Groups: by channel, or none.")]
Asked = Annotated[read_model.Question, questions(read_model.Question, (), by=By, currency=AnyCurrency)]


@router.get("/sales-trend", responses=exported(answers(ANSWER), GROUP))
async def sales_trend(request: Request, after: After, question: Asked) -> Response:
    """The trend of gross sales by week, with an interval, and the last week against the one before and a year before."""
    today = datetime.now(question.zone).date()
    query = partial(read_model.report, today=today)
    return await reported(
        request, after, question, read_model.READ, query, snapshot=False, by=question.by, definition=DEFINITION
    )
