"""The time zone in which days are counted."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Depends, Query, Request
from pydantic import AfterValidator

from api.shared.nearest import unknown
from domain.shared.occurrence import checked_zone
from domain.shared.refusals import Malformed


def _known(zone: str) -> str:
    try:
        checked_zone(zone)
    except Malformed as error:
        raise unknown(error.detail.removesuffix("."), zone, available_timezones()) from None
    return zone


async def report_zone(
    request: Request,
    zone: Annotated[
        Annotated[str, AfterValidator(_known)] | None,
        Query(max_length=64, description="IANA name or UTC offset of the time zone for days.", examples=["Asia/Shanghai"]),
    ] = None,
) -> tzinfo:
    """The zone in the request, or else the store's."""
    return checked_zone(zone or request.app.state.settings.zone)


Zone = Annotated[tzinfo, Depends(report_zone)]
