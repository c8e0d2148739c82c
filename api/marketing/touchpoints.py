"""Touchpoints over HTTP: recorded once each, listed, and looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy import Connection

from api.customers.customer_bodies import UtmBody
from api.marketing import channel_schemas
from api.shared import schemas
from api.shared.access import Caller, may
from api.shared.commanding import carry_out
from api.shared.fields import Body, Code, ExternalId, SystemCode, Told
from api.shared.followed import of_customer
from api.shared.looking import look_back, seen_by
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When, as_of
from api.shared.reading import After, AnyCode, Cursor, Day, Limit, absent, found, listing, read
from api.shared.sorting import By, sorting
from api.shared.strict import StrictRoute
from api.shared.zones import Zone
from commands.marketing import touchpoints as commands
from domain.marketing.touchpoint import Touchpoint
from domain.shared.ids import external_id, new_id
from projections.marketing import touchpoints as read_model
from projections.shared.pages import Page

PREFIX = "/v1/touchpoints"

commanding = APIRouter(
    prefix=PREFIX,
    tags=["touchpoints"],
    route_class=StrictRoute,
    dependencies=[may("channels:write")],
    responses=ACCEPTED,
)
reading = APIRouter(prefix=PREFIX, tags=["touchpoints"])

Reader = Annotated[Caller, may("channels:read")]
Kind = Literal["impression", "click", "visit", "form"]
ClickId = Annotated[str, StringConstraints(min_length=1, max_length=500)]

TOUCHPOINTS = Resource(Touchpoint, read_model.touchpoints, read_model.get)


class ExternalBody(Body):
    """What another system calls the touchpoint, by which it is known when it comes again."""

    system: SystemCode
    id: ExternalId


class TouchpointBody(Told):
    """Who was touched: a customer, a lead or a visitor by their own id; or several of these, who are the same."""

    channel: Code
    kind: Kind
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    utm: UtmBody | None = None
    anonymous_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    click_ids: Annotated[dict[Code, ClickId], Field(max_length=20, description="By the name of their parameter.")] = {}
    external: ExternalBody | None = None

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "channel": "web",
                    "kind": "click",
                    "anonymous_id": "visitor-1",
                    "utm": {"source": "newsletter", "medium": "email", "campaign": "spring"},
                    "click_ids": {"gclid": "EAIaIQobChMI"},
                }
            ]
        }
    }

    def facts(self) -> dict[str, Any]:
        """What another system calls it becomes its id."""
        return self.named("external")


@commanding.post("", status_code=201, responses=CREATED)
async def record(request: Request, body: TouchpointBody) -> Response:
    """Record that somebody was touched. The same external id again, with the same values, is a repeat."""
    known = body.external
    id = external_id(Touchpoint.name, known.system, known.id, request.app.state.store.secret) if known else new_id()
    facts = {"touchpoint_id": id, **body.facts()}
    return await carry_out(request, commands.record, body, target=id, fresh=known is None, location=PREFIX, **facts)


async def filtered(
    zone: Zone,
    customer_id: UUID | None = None,
    lead_id: UUID | None = None,
    campaign_id: UUID | None = None,
    channel: AnyCode = None,
    kind: Kind | None = None,
    occurred_from: Day = None,
    occurred_to: Day = None,
) -> read_model.Filter:
    return read_model.Filter(
        customer_id=customer_id,
        lead_id=lead_id,
        campaign_id=campaign_id,
        channel=channel,
        kind=kind,
        occurred_from=occurred_from,
        occurred_to=occurred_to,
        zone=zone,
    )


@reading.get("", responses=exported(listed(channel_schemas.TOUCHPOINT), channel_schemas.TOUCHPOINT))
async def touchpoints(
    request: Request,
    caller: Reader,
    after: After,
    wanted: Annotated[read_model.Filter, Depends(filtered)],
    by: Annotated[By[read_model.Sort], sorting(read_model.Sort, "-occurred_at")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Touchpoints by filters; days are half-open and in `zone`."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    needed = of_customer("touchpoints", wanted.customer_id, "leads")
    return await listing(request, needed, after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor)


@reading.get("/{id}", responses=one(channel_schemas.TOUCHPOINT))
async def touchpoint(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One touchpoint."""
    row: Mapping[str, Any] | None
    if when.now:
        row, position = await read(request, "touchpoints", after, lambda connection: read_model.get(connection, id))
    else:
        row, position = await as_of(request, TOUCHPOINTS, id, when)
    if row is None:
        return absent("touchpoint", id, position)
    return found(request, shown(row, caller), position, 1)


@reading.get("/{id}/history", responses=listed(schemas.CHANGE, 404))
async def touchpoint_history(request: Request, caller: Reader, id: UUID) -> Response:
    """The touchpoint's one event."""
    personal = caller.may("personal:read")
    return await look_back(request, TOUCHPOINTS, id, name="touchpoint", show=lambda row: shown(row, caller), personal=personal)


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The touchpoint as this caller may see it."""
    return seen_by(caller, row, "touchpoint_id")
