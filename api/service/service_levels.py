"""Commands on service calendars and SLA policies over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response

from api.service import service_level_bodies as bodies
from api.shared.access import may
from api.shared.fields import SYSTEM, CommandBody
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import by_code
from commands.service import service_calendars, sla_policies
from domain.service.service_calendar import service_calendar_id
from domain.service.sla_policy import sla_policy_id

CALENDARS, POLICIES = "/v1/service-calendars", "/v1/sla-policies"

router = Router(
    tags=["service-levels"],
    route_class=StrictRoute,
    dependencies=[may("service-levels:write")],
    responses=ACCEPTED,
)

ConfiguredCode = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["default"])]


@router.put(f"{CALENDARS}/{{code}}", responses=CREATED)
async def define_calendar(request: Request, code: ConfiguredCode, body: bodies.CalendarBody) -> Response:
    """Define when teams work. A new schedule leaves the past unchanged; `default` is for teams without another calendar."""
    return await by_code(request, service_calendar_id(code), code, service_calendars.define, body, location=CALENDARS)


@router.put(f"{POLICIES}/{{code}}", responses=CREATED)
async def define_policy(request: Request, code: ConfiguredCode, body: bodies.PolicyBody) -> Response:
    """Define which targets are promised for which tickets. Open tickets keep the targets they were opened with."""
    return await by_code(request, sla_policy_id(code), code, sla_policies.define, body, location=POLICIES)


@router.post(f"{POLICIES}/{{code}}/retirement")
async def retire_policy(request: Request, code: ConfiguredCode, body: CommandBody | None = None) -> Response:
    """Retire the policy: it applies to no new tickets and escalates none. What it promised still counts in reports."""
    return await by_code(request, sla_policy_id(code), code, sla_policies.retire, body)
