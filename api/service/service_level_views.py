"""Service calendars and policies of service levels as they stand, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.service import service_level_schemas as schemas
from api.service.service_levels import CALENDARS, POLICIES, ConfiguredCode
from api.shared.access import may
from api.shared.openapi import exported, listed, one
from api.shared.past import Moment, Resource, When, as_of
from api.shared.past import history as past
from api.shared.reading import After, Cursor, Limit, absent, found, listing, page, read
from api.shared.schemas import CHANGE
from domain.service.service_calendar import ServiceCalendar, service_calendar_id
from domain.service.sla_policy import SlaPolicy, sla_policy_id
from projections.service import service_calendars, sla_policies

router = APIRouter(tags=["service-levels"], dependencies=[may("service-levels:read")])


CALENDAR = Resource(ServiceCalendar, service_calendars.service_calendars, service_calendars.get)
POLICY = Resource(SlaPolicy, sla_policies.sla_policies, sla_policies.get)


@router.get(CALENDARS, responses=exported(listed(schemas.CALENDAR), schemas.CALENDAR))
async def calendars(request: Request, after: After, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Service calendars in the order of their codes, each with the schedule in force."""
    return await listing(
        request,
        "service_calendars",
        after,
        lambda connection, limit, cursor: service_calendars.listing(connection, limit=limit, cursor=cursor),
        show=shown,
        limit=limit,
        cursor=cursor,
    )


@router.get(f"{CALENDARS}/{{code}}", responses=one(schemas.CALENDAR))
async def calendar(request: Request, after: After, when: When, code: ConfiguredCode) -> Response:
    """One service calendar; `since` is when its schedule came into force."""
    return await _one(request, after, when, CALENDAR, service_calendar_id(code), code)


@router.get(f"{CALENDARS}/{{code}}/history", responses=listed(CHANGE, 404))
async def calendar_history(request: Request, code: ConfiguredCode) -> Response:
    """Every event of the calendar, with what it changed."""
    return await _history(request, CALENDAR, service_calendar_id(code), code)


@router.get(POLICIES, responses=exported(listed(schemas.POLICY), schemas.POLICY))
async def policies(request: Request, after: After, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Policies of service levels in the order of their codes, retired ones too."""
    return await listing(
        request,
        "sla_policies",
        after,
        lambda connection, limit, cursor: sla_policies.listing(connection, limit=limit, cursor=cursor),
        show=shown,
        limit=limit,
        cursor=cursor,
    )


@router.get(f"{POLICIES}/{{code}}", responses=one(schemas.POLICY))
async def policy(request: Request, after: After, when: When, code: ConfiguredCode) -> Response:
    """One policy of service levels; `since` is when its terms came into force, or when it was retired."""
    return await _one(request, after, when, POLICY, sla_policy_id(code), code)


@router.get(f"{POLICIES}/{{code}}/history", responses=listed(CHANGE, 404))
async def policy_history(request: Request, code: ConfiguredCode) -> Response:
    """Every event of the policy, with what it changed."""
    return await _history(request, POLICY, sla_policy_id(code), code)


async def _one(request: Request, after: int, when: Moment, resource: Resource, id: UUID, code: str) -> Response:
    row: Mapping[str, Any] | None
    if when.now:
        row, position = await read(
            request, {resource.projection.name: id}, after, lambda connection: resource.one(connection, id)
        )
    else:
        row, position = await as_of(request, resource, id, when)
    if row is None:
        return absent(resource.kind.name.replace("_", " "), code, position)
    return found(request, shown(row), position, row["version"])


async def _history(request: Request, resource: Resource, id: UUID, code: str) -> Response:
    items, position = await past(request, resource, id, True, lambda row: shown(row) if row else row)
    return page(request, items, None, position) if items else absent(resource.kind.name.replace("_", " "), code, position)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id" if name in ("calendar_id", "policy_id") else name: value for name, value in row.items()}
