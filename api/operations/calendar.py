"""The calendar over HTTP: ends a day by hand. Normally a clock in the process ends each day."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field

from api.shared.access import may
from api.shared.commanding import carry_out
from api.shared.fields import CalendarDay, CommandBody
from api.shared.openapi import ACCEPTED
from api.shared.reading import FIRST_DAY, LAST_DAY
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from commands.operations import calendar
from domain.operations.calendar import calendar_id

router = Router(prefix="/v1/calendar/days", tags=["operations"], route_class=StrictRoute)


class DayBody(CommandBody):
    day: Annotated[CalendarDay, Field(ge=FIRST_DAY, le=LAST_DAY, description="A day that has ended in the store's time zone.")]


@router.post("", dependencies=[may("operations:act")], responses=ACCEPTED)
async def end_day(request: Request, body: DayBody) -> Response:
    """Record that a day has ended, so that answers that depend on the day are updated. A repeat changes nothing."""
    zone: str = request.app.state.settings.zone
    return await carry_out(request, calendar.end_day, body, target=calendar_id(body.day), zone=zone, **body.facts())
