"""The report on which channel earns, over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from api.marketing import channel_schemas as schemas
from api.sales.channel_sales import DEFINITION as SALES
from api.shared.access import may
from api.shared.grouping import From, To, grouped
from api.shared.openapi import answers, exported
from api.shared.reading import FIRST_DAY, LAST_DAY, After, AnyCode, AnyCurrency, read, report
from api.shared.routes import Router
from api.shared.zones import Zone
from projections.marketing import channel_effect as read_model
from projections.shared.reports import period_of

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

DEFINITION = (
    SALES + " conversion_rate is what `conversion` names, by default orders / visits, and acquisition_cost = cost /"
    " new_customers, both of all currencies, as visits and customers have none; new customers placed their first order of all"
    " there in that period. leads were captured there, and converted_leads are those of them that stand as converted;"
    " lead_cost = cost / leads. seed_channel_effect = gross × conversion_rate, which counts orders twice; its mean is over the"
    " channels that have a rate. Intervals are Wilson's, with a confidence of 95 %."
)
READ = ("channel_sales", "channel_traffic", "channels", "customer_view", "leads", "orders")

ByChannel = Annotated[
    tuple[Literal["channel", "day", "week", "month"], ...],
    Query(max_length=2, description="Always by channel, and by one kind of period if it is named."),
]


@router.get("/channel-effect", responses=exported(answers(schemas.CHANNEL_EFFECT), schemas.CHANNEL_EFFECT_GROUP))
async def channel_effect(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    by: ByChannel = ("channel",),
    channel: AnyCode = None,
    currency: AnyCurrency = None,
    conversion: Annotated[read_model.Conversion, Query(description="What conversion_rate is.")] = "orders-per-visit",
) -> Response:
    """Which channel earns: visits, leads, orders, sales, conversion, customers and cost, by channel, period and currency."""
    period = period_of(grouped(by))
    (groups, means), position = await read(
        request,
        dict.fromkeys(READ),
        after,
        lambda connection: read_model.report(
            connection,
            from_=from_,
            to=to,
            by_period=period,
            zone=zone,
            channel=channel,
            currency=currency,
            conversion=conversion,
        ),
        snapshot=True,
    )
    body = {
        "from": from_,
        "to": to,
        "zone": str(zone),
        "by": ["channel", *([period] if period else [])],
        "conversion": conversion,
        "definition": DEFINITION,
        "position": position,
        "groups": groups,
        "means": means,
    }
    return report(request, body, position)
