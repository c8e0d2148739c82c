"""The reports on sales, buyers and cohorts over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.sales import sales_schemas as schemas
from api.sales.channel_sales import DEFINITION as SALES
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import questions, reported, reported_in_pages
from api.shared.openapi import answers, exported
from api.shared.reading import After, AnyCurrency, Cursor, Limit
from api.shared.routes import Router
from projections.sales import buyers as buying
from projections.sales import sales_report as selling
from projections.sales.channel_sales import Group, Question
from projections.shared.pages import LIMIT

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

Text = Annotated[str | None, Query(max_length=10_000)]
BUYERS = ("channel_sales", "orders", "customer_view")

DEFINITION = (
    SALES + " Goods only. product = a line's sku, or its name if it has no sku. A discount on a whole order is split over its"
    " lines in proportion to what is left of them. orders = orders placed with such a line; units = quantity ordered;"
    " units_returned = quantity cancelled or returned."
)
DEFINITION_OF_BUYERS = (
    SALES + " new = sales of a customer's very first order, on any channel and in any currency; returning = sales of later"
    " orders; guest = sales of orders without a customer. customers = customers who placed an order on these days; merged"
    " customers count once."
)
DEFINITION_OF_COHORTS = (
    SALES + " A cohort is all customers whose very first order was in the same month. Their orders on all channels count, by"
    " months since then. retention = customers who placed an order in that month and currency / customers of the cohort."
)

ByGoods = Annotated[tuple[selling.Group, ...], Query(max_length=4, description="Groups; at most one of day, week and month.")]
ByBuyers = Annotated[tuple[Group, ...], Query(max_length=2, description="Groups; at most one of day, week and month.")]
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


@router.get("/sales", responses=exported(answers(schemas.pages_of(schemas.SALES_GROUP)), schemas.SALES_GROUP))
async def sales(request: Request, after: After, question: OfGoods, limit: Limit = LIMIT, cursor: Cursor = None) -> Response:
    """Goods sold and returned, by product, category, channel and period; `top` keeps only the first groups by `sort`.

    An answer has at most `limit` groups, and `next` is the address of the next ones. CSV and NDJSON have all groups.
    """
    return await reported_in_pages(
        request,
        after,
        question,
        ("product_sales",),
        lambda connection: selling.page(connection, question, limit=limit, cursor=cursor),
        lambda connection: selling.report(connection, question, cursor=cursor),
        by=question.by,
        definition=DEFINITION,
    )


@router.get("/buyers", responses=exported(answers(schemas.report_of(schemas.BUYERS_GROUP)), schemas.BUYERS_GROUP))
async def buyers(request: Request, after: After, question: OfBuyers) -> Response:
    """Purchases of new customers, returning customers and guests, by period and channel."""
    return await reported(
        request, after, question, BUYERS, buying.new_and_returning, by=question.by, definition=DEFINITION_OF_BUYERS
    )


@router.get("/cohorts", responses=exported(answers(schemas.report_of(schemas.COHORT)), schemas.COHORT))
async def cohorts(request: Request, after: After, question: OfCohorts) -> Response:
    """Customers by the month of their first order, which is on these days and this channel, and their orders since then."""
    return await reported(
        request, after, question, BUYERS, buying.cohorts, by=("cohort", "months_since"), definition=DEFINITION_OF_COHORTS
    )
