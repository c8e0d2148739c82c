"""Touchpoints over HTTP: each is recorded once, listed and looked up."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field, StringConstraints

from api.customers.customer_bodies import UtmBody
from api.marketing import channel_schemas
from api.shared.access import Caller, may
from api.shared.as_of import Resource, When, as_of
from api.shared.commanding import carry_out
from api.shared.fields import DISTINCT, Body, Code, CommandBody, ExternalId, SystemCode
from api.shared.filtering import filters
from api.shared.looking import Row, seen_by
from api.shared.openapi import ACCEPTED, CREATED, one
from api.shared.reading import After, absent, found, read
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.views import Views
from commands.marketing import touchpoints as commands
from domain.marketing.touchpoint import Kind, Touchpoint
from domain.shared.ids import external_id, new_id
from projections.marketing import touchpoints as read_model

PREFIX = "/v1/touchpoints"
PRIVATE = ("utm", "private")

commanding = Router(
    prefix=PREFIX,
    tags=["touchpoints"],
    route_class=StrictRoute,
    dependencies=[may("channels:write")],
    responses=ACCEPTED,
)
reading = Router(prefix=PREFIX, tags=["touchpoints"])

Reader = Annotated[Caller, may("channels:read")]
ClickId = Annotated[str, StringConstraints(min_length=1, max_length=500)]

TOUCHPOINTS = Resource(Touchpoint, read_model.touchpoints, read_model.get)


class ExternalBody(Body):
    """The touchpoint's id in another system. A repeat is recognised by this id."""

    system: SystemCode
    id: ExternalId


class TouchpointBody(CommandBody):
    """A contact with a customer, a lead or a visitor (`anonymous_id`). Several ids in one body stand for the same person."""

    channel: Code
    kind: Kind
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    utm: UtmBody | None = None
    anonymous_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    click_ids: Annotated[
        dict[Code, ClickId], DISTINCT, Field(max_length=20, description="By the name of the URL parameter.")
    ] = {}
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
        """Leaves out `external`: the touchpoint's own id is derived from it."""
        return self.named("external")


@commanding.post("", status_code=201, responses=CREATED)
async def record(request: Request, body: TouchpointBody) -> Response:
    """Record a touchpoint. The same external id with the same values is a repeat and changes nothing."""
    known = body.external
    id = external_id(Touchpoint.name, known.system, known.id, request.app.state.store.secret) if known else new_id()
    facts = {"touchpoint_id": id, **body.facts()}
    return await carry_out(request, commands.record, body, target=id, fresh=known is None, location=PREFIX, **facts)


views = Views(reading, TOUCHPOINTS, channel_schemas.TOUCHPOINT, permission="channels:read", private=PRIVATE)
views.many(
    read_model.listing,
    "Touchpoints by filters. Days are in `zone`; the end of a range of days is excluded.",
    called="touchpoints",
    filtered=filters(read_model.Filter),
    sort=read_model.Sort,
    first="-occurred_at",
    also=("leads",),
)
views.history("The touchpoint's only event.")


@reading.get("/{id}", responses=one(channel_schemas.TOUCHPOINT))
async def touchpoint(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One touchpoint."""
    row: Row | None
    if when.now:
        row, position = await read(request, "touchpoints", after, lambda connection: read_model.get(connection, id))
    else:
        row, position = await as_of(request, TOUCHPOINTS, id, when)
    if row is None:
        return absent("touchpoint", id, position)
    return found(request, seen_by(caller, row, "touchpoint_id", PRIVATE), position, 1)
