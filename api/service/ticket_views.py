"""What tickets stand at, over HTTP: one, many, as of any moment, and how long one took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from msgspec import structs
from sqlalchemy import Connection

from api.service import service_level_schemas
from api.service import ticket_schemas as schemas
from api.shared.access import Caller, may
from api.shared.fields import External, System
from api.shared.followed import of_customer
from api.shared.looking import look_at, look_back, seen_by
from api.shared.openapi import exported, listed, one
from api.shared.past import Resource, When, as_of
from api.shared.reading import After, AnyCode, Cursor, Day, Limit, absent, found, listing, read
from api.shared.schemas import CHANGE
from api.shared.sorting import By, sorting
from api.shared.zones import Zone
from domain.service.ticket.status import Status
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import OpenedBy
from domain.shared.ids import external_id
from projections.service import ticket_service_level, ticket_times
from projections.service import tickets as read_model
from projections.service.service_calendars import calendars
from projections.service.ticket_course import all_time
from projections.shared.pages import Page

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])

Reader = Annotated[Caller, may("tickets:read")]

TICKETS = Resource(Ticket, read_model.tickets, read_model.get)
TIMES = Resource(Ticket, ticket_times.ticket_times, ticket_times.times)


async def filtered(
    zone: Zone,
    customer_id: UUID | None = None,
    number: AnyCode = None,
    status: Status | None = None,
    agent: AnyCode = None,
    team: AnyCode = None,
    category: AnyCode = None,
    priority: AnyCode = None,
    channel: AnyCode = None,
    opened_by: OpenedBy | None = None,
    tag: AnyCode = None,
    unsolved: Annotated[bool | None, Query(description="Neither solved nor closed.")] = None,
    discarded: bool | None = None,
    solved_more_than_once: bool | None = None,
    opened_from: Day = None,
    opened_to: Day = None,
) -> read_model.Filter:
    return read_model.Filter(
        customer_id=customer_id,
        number=number,
        status=status,
        agent=agent,
        team=team,
        category=category,
        priority=priority,
        channel=channel,
        opened_by=opened_by,
        tag=tag,
        unsolved=unsolved,
        discarded=discarded,
        solved_more_than_once=solved_more_than_once,
        opened_from=opened_from,
        opened_to=opened_to,
        zone=zone,
    )


@router.get("", responses=exported(listed(schemas.TICKET), schemas.TICKET))
async def tickets(
    request: Request,
    caller: Reader,
    after: After,
    wanted: Annotated[read_model.Filter, Depends(filtered)],
    by: Annotated[By[read_model.Sort], sorting(read_model.Sort, "-opened_at")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Tickets by filters; days are half-open and in `zone`."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    needed = of_customer("tickets", wanted.customer_id)
    return await listing(request, needed, after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor)


@router.get("/by/{system}/{external:path}", dependencies=[may("personal:read")], responses=one(schemas.TICKET))
async def ticket_by_external_id(
    request: Request, caller: Reader, after: After, when: When, system: System, external: External
) -> Response:
    """The ticket that another system calls this."""
    id = external_id("ticket", system, external, request.app.state.store.secret)
    return await ticket(request, caller, after, when, id)


@router.get("/{id}", responses=one(schemas.TICKET))
async def ticket(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One ticket with what was said on it, what it is about, and its attachments."""
    return await look_at(request, TICKETS, id, after, when, name="ticket", show=lambda row: shown(row, caller))


@router.get("/{id}/times", responses=one(schemas.TIMES), dependencies=[may("tickets:read")])
async def times(
    request: Request, after: After, when: When, id: UUID, clock: Literal["calendar", "business"] = "calendar"
) -> Response:
    """How long the ticket was in which status, and its measures, with the positions of the events they were made from.

    With `clock=business` all durations are in open time of its team's service calendar, as that is known now; without a
    calendar there are none. `so_far` counts until now, and is there only while the ticket is unsolved.
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
    """What is promised about the ticket, when each of it is due, and whether it was kept."""
    now = datetime.now(UTC)
    needed = {"ticket_times": id, "service_calendars": None, "sla_policies": None}
    row, position = await read(
        request, needed, after, lambda connection: ticket_service_level.service_level(connection, id, now), snapshot=True
    )
    if row is None:
        return absent("ticket", id, position)
    body = {"id": id, **row}
    del body["ticket_id"]
    return found(request, body, position, row["version"])


@router.get("/{id}/history", responses=listed(CHANGE, 404))
async def ticket_history(request: Request, caller: Reader, id: UUID) -> Response:
    """Every event of the ticket, with what it changed."""
    personal = caller.may("personal:read")
    return await look_back(request, TICKETS, id, name="ticket", show=lambda row: shown(row, caller), personal=personal)


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The ticket as this caller may see it."""
    return seen_by(caller, row, "ticket_id")
