"""Commands on channels and their days over HTTP."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import Field

from api.shared.access import may
from api.shared.commanding import carry_out
from api.shared.fields import SYSTEM, CalendarDay, CommandBody, Currency, DecimalText, Line, SourceBody
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.reading import FIRST_DAY, LAST_DAY
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import Command, by_code
from commands.marketing import channels
from domain.marketing.channel import LARGEST_COUNT, Kind, channel_day_id, channel_id

PREFIX = "/v1/channels"

router = Router(
    prefix=PREFIX,
    tags=["channels"],
    route_class=StrictRoute,
    dependencies=[may("channels:write")],
    responses=ACCEPTED,
)

ChannelCode = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["web"])]
OnDay = Annotated[CalendarDay, Path(ge=FIRST_DAY, le=LAST_DAY, examples=["2026-05-01"])]
Count = Annotated[int | None, Field(strict=True, ge=0, lt=LARGEST_COUNT)]


class OpenBody(CommandBody):
    """The name is not personal data: it names a thing."""

    name: Line = Field(examples=["Web shop"])
    kind: Kind


class DayBody(CommandBody):
    """One source system's figures for a day. They replace the figures that it sent before."""

    source: SourceBody = Field(examples=[{"system": "matomo"}])

    def facts(self) -> dict[str, Any]:
        """Adds the source system as a fact, because a day has one stream for each system."""
        return super().facts() | {"source": self.source.system}


class TrafficBody(DayBody):
    """At least one count is required; null means not known, which is different from 0."""

    visits: Count = None
    visitors: Count = None
    impressions: Count = None
    clicks: Count = None


class CostBody(DayBody):
    amount: DecimalText
    currency: Currency


@router.put("/{code}", responses=CREATED)
async def open_or_rename(request: Request, code: ChannelCode, body: OpenBody) -> Response:
    """Open a channel, reopen a closed one, or rename an open one."""
    return await by_code(request, channel_id(code), code, channels.open_or_rename, body, location=PREFIX)


@router.post("/{code}/closure")
async def close(request: Request, code: ChannelCode, body: CommandBody | None = None) -> Response:
    """Close a channel. Later sales on it are still recorded and reported."""
    return await by_code(request, channel_id(code), code, channels.close, body)


@router.put("/{code}/days/{date}/traffic")
async def record_traffic(request: Request, code: ChannelCode, date: OnDay, body: TrafficBody) -> Response:
    """Set what a source counted on a channel's day. The channel need not be opened. The date is as the source states it."""
    return await _on_day(request, code, date, channels.record_traffic, body)


@router.put("/{code}/days/{date}/cost")
async def record_cost(request: Request, code: ChannelCode, date: OnDay, body: CostBody) -> Response:
    """Set what a channel's day cost according to a source. The date is as the source states it."""
    return await _on_day(request, code, date, channels.record_cost, body)


async def _on_day(request: Request, code: str, date: datetime.date, command: Command, body: DayBody) -> Response:
    id = channel_day_id(code, date, body.source.system)
    return await carry_out(request, command, body, target=id, code=code, date=date, **body.facts())
