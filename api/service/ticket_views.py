"""Reads of tickets over HTTP: one, many, and as of any moment; one ticket's times and service level."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from msgspec import structs

from api.service import service_level_schemas
from api.service import ticket_schemas as schemas
from api.shared.access import may
from api.shared.as_of import Resource, When, as_of
from api.shared.filtering import filters
from api.shared.looking import subject_of
from api.shared.openapi import one
from api.shared.reading import After, absent, found, read
from api.shared.routes import Router
from api.shared.views import Views
from domain.service.ticket.status import Status
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import OpenedBy
from projections.service import ticket_service_level, ticket_times
from projections.service import tickets as read_model
from projections.service.service_calendars import calendars
from projections.service.ticket_course import all_time

router = Router(prefix="/v1/tickets", tags=["tickets"])

TICKETS = Resource(Ticket, read_model.tickets, read_model.get)
TIMES = Resource(Ticket, ticket_times.ticket_times, ticket_times.times)


filtered = filters(
    read_model.Filter,
    status=Status | None,
    opened_by=OpenedBy | None,
    unsolved=Annotated[bool | None, Query(description="Neither solved nor closed.")],
)
views = Views(router, TICKETS, schemas.TICKET, permission="tickets:read")
views.many(
    read_model.listing,
    "Tickets by filters. Days are in `zone`; the end of a range of days is excluded.",
    called="tickets",
    filtered=filtered,
    sort=read_model.Sort,
    first="-opened_at",
)
views.one("One ticket with its correspondence, what it is about, and its attachments.")
views.by_external_id()
views.history()


@router.get("/{id}/times", responses=one(schemas.TIMES), dependencies=[may("tickets:read")])
async def times(
    request: Request, after: After, when: When, id: UUID, clock: Literal["calendar", "business"] = "calendar"
) -> Response:
    """The ticket's time in each status and its measures, with the positions of the events behind them.

    With `clock=business` all durations are in open time of its team's service calendar, as known now; without a calendar
    they are null. `so_far` counts until now; it is null for a solved ticket and for a past state.
    """
    known, complete = await read(request, "service_calendars", after, calendars) if clock == "business" else (None, None)
    resource = structs.replace(TIMES, one=partial(ticket_times.times, calendars=known))
    row: Mapping[str, Any] | None
    if when.now:
        row, position = await read(request, "ticket_times", after, lambda connection: resource.one(connection, id))
    else:
        row, position = await as_of(request, resource, id, when)
    if row is None:
        return absent("ticket", id, position)
    team = row["team"]
    running = ticket_times.so_far(row, datetime.now(UTC), known.clock(team) if known else all_time) if when.now else None
    body = {"id": id, "clock": clock, "calendar": known and known.code(team), **row, "so_far": running}
    del body["ticket_id"], body["team"]
    return found(request, body, position if complete is None else min(position, complete), row["version"])


@router.get("/{id}/service-level", responses=one(service_level_schemas.TICKET), dependencies=[may("tickets:read")])
async def service_level(request: Request, after: After, id: UUID) -> Response:
    """The targets promised for the ticket, when each is due, and whether it was met."""
    now = datetime.now(UTC)
    needed = {"ticket_times": await subject_of(request, "ticket_times", id), "service_calendars": None, "sla_policies": None}
    row, position = await read(
        request, needed, after, lambda connection: ticket_service_level.service_level(connection, id, now), snapshot=True
    )
    if row is None:
        return absent("ticket", id, position)
    body = {"id": id, **row}
    del body["ticket_id"]
    return found(request, body, position, row["version"])
