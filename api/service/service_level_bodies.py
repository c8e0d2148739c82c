"""Request bodies of commands on service calendars and SLA policies, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.shared.fields import Body, CalendarDay, Code, CommandBody, Line, TheirCode
from domain.service import sla_policy
from domain.service.opening_hours import CLOCK, HOLIDAY_LIMIT, HOURS_LIMIT, TEAM_LIMIT, Holiday, OpenHours, Schedule
from domain.service.sla_policy import LARGEST_ORDER, LIST_LIMIT, LONGEST, Metric, Terms, TicketField
from domain.service.ticket.values import Hours

ClockText = Annotated[str, StringConstraints(pattern=f"^({CLOCK.pattern})$"), Field(examples=["09:00", "24:00"])]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=64), Field(examples=["Europe/Berlin", "+08:00"])]

WEEKDAYS: dict[str, Any] = {
    "zone": "Europe/Berlin",
    "hours": [{"weekday": day, "opens": "09:00", "closes": "17:30"} for day in range(1, 6)],
    "holidays": [{"date": "2026-12-25", "name": "Christmas"}],
    "teams": ["service"],
}
SOON: dict[str, Any] = {
    "order": 10,
    "conditions": [{"field": "channel", "values": ["email", "web"]}],
    "targets": [
        {"metric": "first_response", "seconds": 14_400, "hours": "business"},
        {"metric": "first_response", "seconds": 3_600, "hours": "business", "priority": "urgent"},
        {"metric": "full_resolution", "seconds": 259_200},
    ],
}


class HoursBody(Body):
    """Open from `opens` to before `closes`, in the calendar's zone. Split hours over midnight into two."""

    states = OpenHours

    weekday: Annotated[int, Field(strict=True, ge=1, le=7, description="1 is Monday, 7 is Sunday.")]
    opens: ClockText
    closes: ClockText


class HolidayBody(Body):
    """Closed from midnight to midnight. The name is not personal data: it names a day."""

    states = Holiday

    date: CalendarDay
    name: Line | None = None


class CalendarBody(CommandBody):
    """The whole schedule. It is in force from `occurred_at` on, by default from now."""

    states = Schedule
    model_config = {"json_schema_extra": {"examples": [WEEKDAYS]}}

    zone: ZoneName
    hours: Annotated[list[HoursBody], Field(max_length=HOURS_LIMIT)]
    holidays: Annotated[list[HolidayBody], Field(max_length=HOLIDAY_LIMIT)] = []
    teams: Annotated[list[Code], Field(max_length=TEAM_LIMIT)] = Field(
        default=[], description="Codes of the teams that use this calendar. A team that no calendar names uses `default`."
    )

    def facts(self) -> dict[str, Any]:
        return {"schedule": self.stated()}


class ConditionBody(Body):
    """The ticket's field has one of these values."""

    states = sla_policy.Condition

    field: TicketField
    values: Annotated[list[TheirCode], Field(min_length=1, max_length=LIST_LIMIT)]


class TargetBody(Body):
    states = sla_policy.PolicyTarget

    metric: Metric
    seconds: Annotated[int, Field(strict=True, ge=1, le=LONGEST)]
    hours: Hours = Field(
        default="calendar", description="`calendar`: all time counts; `business`: only open time of the ticket's calendar."
    )
    priority: TheirCode | None = Field(default=None, description="If absent: all priorities that no other target names.")


class PolicyBody(CommandBody):
    """The policy's whole terms. They apply to tickets opened from `occurred_at` on, by default from now."""

    states = Terms
    model_config = {"json_schema_extra": {"examples": [SOON]}}

    order: Annotated[int, Field(strict=True, ge=-LARGEST_ORDER, le=LARGEST_ORDER)] = Field(
        description="Policies are tried in rising order; the first matching policy applies."
    )
    conditions: Annotated[list[ConditionBody], Field(max_length=LIST_LIMIT)] = []
    targets: Annotated[list[TargetBody], Field(max_length=LIST_LIMIT)] = Field(
        default=[], description="Without targets nothing is promised for matching tickets."
    )

    def facts(self) -> dict[str, Any]:
        return {"terms": self.stated()}
