"""The channel effect report over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from api.marketing import channel_schemas as schemas
from api.sales.channel_sales import DEFINITION as SALES
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.grouping import From, To, grouped
from api.shared.openapi import answers, exported
from api.shared.reading import FIRST_DAY, LAST_DAY, After, AnyCode, AnyCurrency, read, report
from api.shared.routes import Router
from api.shared.zones import Zone
from projections.marketing import channel_effect as read_model
from projections.marketing.channel_effect_figures import Conversion
from projections.shared.reports import period_of

router = Router(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read", REPORT)])

DEFINITION = (
    SALES + " conversion_rate = the ratio that `conversion` names, by default orders / visits. acquisition_cost = cost /"
    " new_customers. Visits, customers and the orders in conversion_rate have no currency: they count for all currencies."
    " new_customers placed their very first order on the channel in that period. leads = leads captured on the channel;"
    " converted_leads = those of them that are now converted; lead_cost = cost / leads. seed_channel_effect = gross ×"
    " conversion_rate, which counts orders twice; its mean is over the channels that have a rate. Intervals are Wilson score"
    " intervals with 95 % confidence; those of visits are approximations, because visits of the same person are not"
    " independent. `channel` is the channel as it is now."
)
READ = ("channel_sales", "channel_traffic", "channels", "customer_view", "leads", "orders")

ByChannel = Annotated[
    tuple[Literal["channel", "day", "week", "month"], ...],
    Query(max_length=2, description="Always by channel; add day, week or month to group by it too."),
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
    conversion: Annotated[Conversion, Query(description="Which ratio `conversion_rate` is.")] = "orders-per-visit",
) -> Response:
    """Visits, leads, orders, sales, conversion rate, customers and cost, by channel, period and currency."""
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
