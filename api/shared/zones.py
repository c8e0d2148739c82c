"""The time zone that days are counted in."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated

from fastapi import Depends, Query, Request

from domain.shared.occurrence import checked_zone


async def report_zone(
    request: Request,
    zone: Annotated[
        str | None,
        Query(
            max_length=64, description="IANA name or offset of the zone that days are counted in.", examples=["Asia/Shanghai"]
        ),
    ] = None,
) -> tzinfo:
    """The zone the caller names, else the store's. Raises Malformed."""
    return checked_zone(zone or request.app.state.settings.zone)


Zone = Annotated[tzinfo, Depends(report_zone)]
