"""Reports over HTTP. A figure that was divided says what it was made of; sums never mix currencies."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api.shared import schemas
from api.shared.access import may
from api.shared.grouping import From, To, grouped, period_of
from api.shared.openapi import answers, exported
from api.shared.reading import FIRST_DAY, LAST_DAY, After, AnyCode, read, report
from api.shared.zones import Zone
from projections.sales import channel_sales as read_model

router = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[may("reports:read")])

DEFINITION = (
    "gross = price × quantity before discounts, tax, shipping and returns; net = gross − discounts − returns, returns on their"
    " own day; total = net + tax + charges. Cancelled and unpaid orders count, test orders and gift cards do not."
)


@router.get("/channel-sales", responses=exported(answers(schemas.CHANNEL_SALES), {"type": "object"}))
async def channel_sales(
    request: Request,
    after: After,
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    by: Annotated[
        tuple[Literal["channel", "day", "week", "month"], ...],
        Query(max_length=2, description="Groups: by channel, and by one kind of period."),
    ] = ("channel",),
    channel: AnyCode = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
) -> Response:
    """Which channel sold what: orders, gross, net and what lies between, by channel, period and currency."""
    groups_by = grouped(by)
    groups, position = await read(
        request,
        "channel_sales",
        after,
        lambda connection: read_model.report(
            connection,
            from_=from_,
            to=to,
            by_channel="channel" in groups_by,
            by_period=period_of(groups_by),
            zone=zone,
            channel=channel,
            currency=currency,
        ),
    )
    return report(
        request,
        {
            "from": from_,
            "to": to,
            "zone": str(zone),
            "by": groups_by,
            "definition": DEFINITION,
            "position": position,
            "groups": groups,
        },
        position,
    )
