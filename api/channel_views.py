"""Channels and their days, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api import channel_schemas, schemas
from api.access import may
from api.channels import PREFIX, ChannelCode
from api.openapi import exported, listed, one
from api.past import Resource, When, as_of, history
from api.reading import FIRST_DAY, LAST_DAY, After, Day, absent, found, listing, page, read
from domain.channel import Channel, channel_id
from projections import channel_traffic
from projections import channels as read_model

router = APIRouter(prefix=PREFIX, tags=["channels"], dependencies=[may("channels:read")])

Limit = Annotated[int, Query(ge=1, le=500)]
From = Annotated[date | None, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY)]
Cursor = Annotated[str | None, Query(max_length=2000)]

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
        lambda connection, limit, cursor: read_model.listing(connection, kind=kind, closed=closed, limit=limit, cursor=cursor),
        show=shown,
        limit=limit,
        cursor=cursor,
    )


@router.get("/{code}", responses=one(channel_schemas.CHANNEL))
async def channel(request: Request, after: After, when: When, code: ChannelCode) -> Response:
    """One channel that was opened."""
    id = channel_id(code)
    row: Mapping[str, Any] | None
    if when.now:
        row, position = await read(request, {"channels": id}, after, lambda connection: read_model.get(connection, id))
    else:
        row, position = await as_of(request, CHANNELS, id, when)
    if row is None:
        return absent("channel", code, position)
    return found(request, shown(row), position, row["version"])


@router.get("/{code}/history", responses=listed(schemas.CHANGE, 404))
async def channel_history(request: Request, code: ChannelCode) -> Response:
    """Every event of the channel itself, with what it changed."""
    items, position = await history(request, CHANNELS, channel_id(code), False, lambda row: shown(row) if row else row)
    return page(request, items, None, position) if items else absent("channel", code, position)


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
