"""The time zone in which days are counted."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated

from fastapi import Depends, Query, Request

from domain.shared.occurrence import checked_zone


async def report_zone(
    request: Request,
    zone: Annotated[
        str | None,
        Query(max_length=64, description="IANA name or UTC offset of the time zone for days.", examples=["Asia/Shanghai"]),
    ] = None,
) -> tzinfo:
    """The zone in the request, or else the store's. Raises Malformed if there is no such zone."""
    return checked_zone(zone or request.app.state.settings.zone)


Zone = Annotated[tzinfo, Depends(report_zone)]
