"""Channels and their days, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api.marketing import channel_schemas
from api.marketing.channels import PREFIX, ChannelCode
from api.shared import schemas
from api.shared.access import may
from api.shared.looking import look_at, look_back
from api.shared.openapi import exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import FIRST_DAY, LAST_DAY, After, Cursor, Day, Limit, listing
from domain.marketing.channel import Channel, channel_id
from projections.marketing import channel_traffic
from projections.marketing import channels as read_model

router = APIRouter(prefix=PREFIX, tags=["channels"], dependencies=[may("channels:read")])

From = Annotated[date | None, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY)]

CHANNELS = Resource(Channel, read_model.channels, read_model.get)


@router.get("", responses=exported(listed(channel_schemas.CHANNEL), channel_schemas.CHANNEL))
async def channels(
    request: Request,
    after: After,
    kind: Literal["web", "store", "marketplace", "partner", "phone", "social", "field"] | None = None,
    closed: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Channels that were opened, in the order of their codes."""
    return await listing(
        request,
        "channels",
        after,
        lambda connection, limit, cursor: read_model.listing(
            connection, read_model.Filter(kind=kind, closed=closed), limit=limit, cursor=cursor
        ),
        show=shown,
        limit=limit,
        cursor=cursor,
    )


@router.get("/{code}", responses=one(channel_schemas.CHANNEL))
async def channel(request: Request, after: After, when: When, code: ChannelCode) -> Response:
    """One channel that was opened."""
    id = channel_id(code)
    return await look_at(request, CHANNELS, id, after, when, name="channel", show=shown, called=code, subject=id)


@router.get("/{code}/history", responses=listed(schemas.CHANGE, 404))
async def channel_history(request: Request, code: ChannelCode) -> Response:
    """Every event of the channel itself, with what it changed."""
    return await look_back(request, CHANNELS, channel_id(code), name="channel", show=shown, called=code)


@router.get("/{code}/days", responses=exported(listed(channel_schemas.CHANNEL_DAY), channel_schemas.CHANNEL_DAY))
async def days(
    request: Request,
    after: After,
    code: ChannelCode,
    from_: From = None,
    to: Day = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What sources told of a channel's days, whether it was opened or not: what was counted, and what it cost."""
    id = channel_id(code)
    return await listing(
        request,
        {"channel_traffic": id},
        after,
        lambda connection, limit, cursor: channel_traffic.days(connection, id, from_=from_, to=to, limit=limit, cursor=cursor),
        show=_day_shown,
        limit=limit,
        cursor=cursor,
    )


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["channel_id"], **{name: value for name, value in row.items() if name != "channel_id"}}


def _day_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["channel_day_id"], **{name: value for name, value in row.items() if name != "channel_day_id"}}
