"""Which tickets a report is asked about, and of which days."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.shared.grouping import From, To
from api.shared.reading import FIRST_DAY, LAST_DAY, AnyCode
from api.shared.zones import Zone
from projections.service.ticket_filter import TicketFilter


def _filtered(
    zone: Zone,
    from_: From = FIRST_DAY,
    to: To = LAST_DAY,
    agent: AnyCode = None,
    team: AnyCode = None,
    category: AnyCode = None,
    priority: AnyCode = None,
    channel: AnyCode = None,
) -> TicketFilter:
    return TicketFilter(
        from_=from_, to=to, zone=zone, agent=agent, team=team, category=category, priority=priority, channel=channel
    )


Filtered = Annotated[TicketFilter, Depends(_filtered)]
