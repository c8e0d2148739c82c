"""Reads of channels and their days over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.marketing import channel_schemas
from api.marketing.channels import PREFIX, ChannelCode
from api.shared.access import Caller, may
from api.shared.as_of import Resource
from api.shared.bounds import PAGE
from api.shared.fields import CalendarDay
from api.shared.filtering import filters
from api.shared.looking import seen_by
from api.shared.openapi import exported, listed
from api.shared.reading import FIRST_DAY, LAST_DAY, After, Cursor, Day, Limit, listing
from api.shared.routes import Router
from api.shared.views import Views, by_code
from domain.marketing.channel import Channel, channel_id
from projections.marketing import channel_traffic
from projections.marketing import channels as read_model

router = Router(prefix=PREFIX, tags=["channels"])

From = Annotated[CalendarDay | None, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY)]

CHANNELS = Resource(Channel, read_model.channels, read_model.get)


views = Views(
    router, CHANNELS, channel_schemas.CHANNEL, permission="channels:read", key=by_code(ChannelCode, channel_id), own=True
)
views.many(
    read_model.listing,
    "Channels that have been opened, in the order of their codes.",
    called="channels",
    filtered=filters(read_model.Filter),
)
views.one("One channel that has been opened.")
views.history("Every event of the channel itself, each with its changes.")


@router.get("/{code}/days", responses=exported(listed(channel_schemas.CHANNEL_DAY), channel_schemas.CHANNEL_DAY))
async def days(
    request: Request,
    caller: Annotated[Caller, may("channels:read", PAGE)],
    after: After,
    code: ChannelCode,
    from_: From = None,
    to: Day = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Counts and costs that sources reported for a channel's days, also for a channel that was never opened."""
    id = channel_id(code)
    return await listing(
        request,
        {"channel_traffic": id},
        after,
        lambda connection, limit, cursor: channel_traffic.days(connection, id, from_=from_, to=to, limit=limit, cursor=cursor),
        show=lambda row: seen_by(caller, row, "channel_day_id"),
        limit=limit,
        cursor=cursor,
    )
