"""The channel sales report over HTTP. A sum has one currency only."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.sales import sales_schemas as schemas
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After, AnyCurrency
from api.shared.routes import Router
from projections.sales import channel_sales as read_model

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    "gross = price × quantity before discounts, tax, shipping and returns; discounts and returns are without tax too;"
    " net = gross − discounts − returns; returns count on the day of the return; total = net + tax + charges. Cancelled and"
    " unpaid orders count, test orders and gift cards do not."
)

By = Annotated[tuple[read_model.Group, ...], Query(max_length=2, description="Groups: channel, and one of day, week, month.")]
Asked = Annotated[read_model.Question, questions(read_model.Question, ("channel",), by=By, currency=AnyCurrency)]


@router.get(
    "/channel-sales", responses=exported(answers(schemas.report_of(schemas.CHANNEL_SALES_GROUP)), schemas.CHANNEL_SALES_GROUP)
)
async def channel_sales(request: Request, after: After, question: Asked) -> Response:
    """Orders, and sales from gross to net, by channel, period and currency."""
    return await reported(
        request, after, question, ("channel_sales",), read_model.report, snapshot=False, by=question.by, definition=DEFINITION
    )
