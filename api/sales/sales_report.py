"""The reports on what was sold and to whom, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api.sales import sales_schemas as schemas
from api.sales.channel_sales import DEFINITION as SALES
from api.shared.access import may
from api.shared.grouping import From, To, grouped, period_of
from api.shared.openapi import answers, exported
from api.shared.reading import FIRST_DAY, LAST_DAY, After, AnyCode, read, report
from api.shared.zones import Zone
from projections.sales import buyers as buying
from projections.sales import sales_report as selling

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

Text = Annotated[str | None, Query(max_length=10_000, pattern=r"^[^\x00]*$")]
Currency = Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")]
Buyers = Literal["channel", "day", "week", "month"]

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


@router.get("/sales", responses=exported(answers(schemas.report_of(schemas.SALES_GROUP)), schemas.SALES_GROUP))
async def sales(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    by: Annotated[tuple[selling.Group, ...], Query(max_length=4, description="With one kind of period at most.")] = (
        "product",
    ),
    channel: AnyCode = None,
    product: Text = None,
    category: Text = None,
    currency: Currency = None,
    sort: selling.Sort = "net",
    top: Annotated[
        int | None, Query(ge=1, le=1000, description="Only the first groups of each period and currency, by `sort`.")
    ] = None,
) -> Response:
    """What was sold and what came back, by product, category, channel and period; `top` leaves the best."""
    question = selling.Question(
        by=grouped(by),
        from_=from_,
        to=to,
        zone=zone,
        channel=channel,
        product=product,
        category=category,
        currency=currency,
        sort=sort,
        top=top,
    )
    groups, position = await read(
        request, "product_sales", after, lambda connection: selling.report(connection, question), snapshot=True
    )
    return _reported(request, question, question.by, DEFINITION, groups, position)


@router.get("/buyers", responses=exported(answers(schemas.report_of(schemas.BUYERS_GROUP)), schemas.BUYERS_GROUP))
async def buyers(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    by: Annotated[tuple[Buyers, ...], Query(max_length=2, description="With one kind of period at most.")] = ("month",),
    channel: AnyCode = None,
    currency: Currency = None,
) -> Response:
    """What new customers, returning ones and guests bought, by period and channel."""
    groups_by = grouped(by)
    question = buying.Question(from_=from_, to=to, zone=zone, channel=channel, currency=currency)
    groups, position = await read(
        request,
        {"channel_sales": None, "orders": None, "customer_view": None},
        after,
        lambda connection: buying.new_and_returning(
            connection, question, by_channel="channel" in groups_by, by_period=period_of(groups_by)
        ),
        snapshot=True,
    )
    return _reported(request, question, groups_by, DEFINITION_OF_BUYERS, groups, position)


@router.get("/cohorts", responses=exported(answers(schemas.report_of(schemas.COHORT)), schemas.COHORT))
async def cohorts(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    channel: AnyCode = None,
    currency: Currency = None,
) -> Response:
    """Customers by the month of their first order, which was on these days and this channel: what they did since."""
    question = buying.Question(from_=from_, to=to, zone=zone, channel=channel, currency=currency)
    groups, position = await read(
        request,
        {"channel_sales": None, "orders": None, "customer_view": None},
        after,
        lambda connection: buying.cohorts(connection, question),
        snapshot=True,
    )
    return _reported(request, question, ("cohort", "months_since"), DEFINITION_OF_COHORTS, groups, position)


def _reported(
    request: Request,
    question: selling.Question | buying.Question,
    by: Sequence[str],
    definition: str,
    groups: Sequence[Any],
    position: int,
) -> Response:
    body = {
        "from": question.from_,
        "to": question.to,
        "zone": str(question.zone),
        "by": by,
        "definition": definition,
        "position": position,
        "groups": groups,
    }
    return report(request, body, position)
