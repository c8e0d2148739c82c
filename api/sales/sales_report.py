"""The reports on what was sold and to whom, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.sales import sales_schemas as schemas
from api.sales.channel_sales import DEFINITION as SALES
from api.shared.access import may
from api.shared.grouping import questions, reported
from api.shared.openapi import answers, exported
from api.shared.reading import After, AnyCurrency
from api.shared.routes import Router
from projections.sales import buyers as buying
from projections.sales import sales_report as selling
from projections.sales.channel_sales import Group, Question

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

Text = Annotated[str | None, Query(max_length=10_000, pattern=r"^[^\x00]*$")]
BUYERS = ("channel_sales", "orders", "customer_view")

DEFINITION = (
    SALES + " Of goods, by product: the sku, or else the name of a line. Discounts on a whole order fall on its lines in"
    " proportion. orders = orders placed with such a line; units = quantity ordered, units_returned = cancelled or came back."
)
DEFINITION_OF_BUYERS = (
    SALES + " new = by the first order of all of its customer, on any channel and in any currency; returning = by a later one;"
    " guest = by nobody who is known. customers placed an order on these days; those who were merged are one."
)
DEFINITION_OF_COHORTS = (
    SALES + " A cohort are the customers whose first order of all was in a month; of their orders on all channels, by months"
    " since then. retention = customers who placed an order in that month and currency / customers of the cohort."
)

ByGoods = Annotated[tuple[selling.Group, ...], Query(max_length=4, description="With one kind of period at most.")]
ByBuyers = Annotated[tuple[Group, ...], Query(max_length=2, description="With one kind of period at most.")]
OfGoods = Annotated[
    selling.Question,
    questions(
        selling.Question,
        ("product",),
        by=ByGoods,
        product=Text,
        category=Text,
        currency=AnyCurrency,
        top=Annotated[
            int | None, Query(ge=1, le=1000, description="Only the first groups of each period and currency, by `sort`.")
        ],
    ),
]
OfBuyers = Annotated[Question, questions(Question, ("month",), by=ByBuyers, currency=AnyCurrency)]
OfCohorts = Annotated[Question, questions(Question, currency=AnyCurrency)]


@router.get("/sales", responses=exported(answers(schemas.report_of(schemas.SALES_GROUP)), schemas.SALES_GROUP))
async def sales(request: Request, after: After, question: OfGoods) -> Response:
    """What was sold and what came back, by product, category, channel and period; `top` leaves the best."""
    return await reported(request, after, question, ("product_sales",), selling.report, by=question.by, definition=DEFINITION)


@router.get("/buyers", responses=exported(answers(schemas.report_of(schemas.BUYERS_GROUP)), schemas.BUYERS_GROUP))
async def buyers(request: Request, after: After, question: OfBuyers) -> Response:
    """What new customers, returning ones and guests bought, by period and channel."""
    return await reported(
        request, after, question, BUYERS, buying.new_and_returning, by=question.by, definition=DEFINITION_OF_BUYERS
    )


@router.get("/cohorts", responses=exported(answers(schemas.report_of(schemas.COHORT)), schemas.COHORT))
async def cohorts(request: Request, after: After, question: OfCohorts) -> Response:
    """Customers by the month of their first order, which was on these days and this channel: what they did since."""
    return await reported(
        request, after, question, BUYERS, buying.cohorts, by=("cohort", "months_since"), definition=DEFINITION_OF_COHORTS
    )
