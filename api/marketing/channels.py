"""Commands on channels and their days, over HTTP."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from api.shared.access import may
from api.shared.commanding import carry_out
from api.shared.fields import SYSTEM, Currency, DecimalText, Line, SourceBody, Told
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.reading import FIRST_DAY, LAST_DAY
from api.shared.strict import StrictRoute
from commands.marketing import channels
from domain.marketing.channel import LARGEST_COUNT, channel_day_id, channel_id

PREFIX = "/v1/channels"

router = APIRouter(
    prefix=PREFIX,
    tags=["channels"],
    route_class=StrictRoute,
    dependencies=[may("channels:write")],
    responses=ACCEPTED,
)

ChannelCode = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["web"])]
OnDay = Annotated[datetime.date, Path(ge=FIRST_DAY, le=LAST_DAY, examples=["2026-05-01"])]
Count = Annotated[int | None, Field(strict=True, ge=0, lt=LARGEST_COUNT)]


class OpenBody(Told):
    """The name is not personal: it names a thing."""

    name: Line = Field(examples=["Web shop"])
    kind: Literal["web", "store", "marketplace", "partner", "phone", "social", "field"]


class DayBody(Told):
    """What the source's system tells of a day, in place of all that it told of it before."""

    source: SourceBody = Field(examples=[{"system": "matomo"}])


class TrafficBody(DayBody):
    """At least one count; null is not known, which is not 0."""

    visits: Count = None
    visitors: Count = None
    impressions: Count = None
    clicks: Count = None


class CostBody(DayBody):
    amount: DecimalText
    currency: Currency


@router.put("/{code}", responses=CREATED)
async def open_or_rename(request: Request, code: ChannelCode, body: OpenBody) -> Response:
    """Open a channel, again if it was closed; rename one that is open."""
    answer = await carry_out(
        request,
        channels.open_or_rename,
        body,
        target=channel_id(code),
        location=PREFIX,
        code=code,
        name=body.name,
        kind=body.kind,
    )
    if "Location" in answer.headers:
        answer.headers["Location"] = f"{PREFIX}/{quote(code)}"
    return answer


@router.post("/{code}/closure")
async def close(request: Request, code: ChannelCode, body: Told | None = None) -> Response:
    """Close a channel. What is sold on it all the same is recorded and reported."""
    return await carry_out(request, channels.close, body, target=channel_id(code), code=code)


@router.put("/{code}/days/{date}/traffic")
async def record_traffic(request: Request, code: ChannelCode, date: OnDay, body: TrafficBody) -> Response:
    """Set what a source counted on a day of a channel, which need not be opened. The date is the source's own."""
    return await carry_out(
        request,
        channels.record_traffic,
        body,
        target=channel_day_id(code, date, body.source.system),
        code=code,
        date=date,
        source=body.source.system,
        visits=body.visits,
        visitors=body.visitors,
        impressions=body.impressions,
        clicks=body.clicks,
    )


@router.put("/{code}/days/{date}/cost")
async def record_cost(request: Request, code: ChannelCode, date: OnDay, body: CostBody) -> Response:
    """Set what a day of a channel cost as a source says. The date is the source's own."""
    return await carry_out(
        request,
        channels.record_cost,
        body,
        target=channel_day_id(code, date, body.source.system),
        code=code,
        date=date,
        source=body.source.system,
        amount=body.amount,
        currency=body.currency,
    )
