"""Interactions as they are read over HTTP: one, many, and as of any moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from api.customers import contact_schemas as schemas
from api.shared.access import Caller, may
from api.shared.fields import External, System
from api.shared.followed import of_customer
from api.shared.looking import look_at, look_back
from api.shared.openapi import exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, AnyCode, Cursor, Day, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.sorting import By, sorting
from api.shared.zones import Zone
from domain.customers.interaction import Channel, Direction, Interaction
from domain.shared.ids import external_id
from projections.customers import interactions as read_model
from projections.shared.pages import Page

router = APIRouter(prefix="/v1/interactions", tags=["interactions"])

Reader = Annotated[Caller, may("interactions:read")]

INTERACTIONS = Resource(Interaction, read_model.interactions, read_model.get)


async def filtered(
    zone: Zone,
    customer_id: UUID | None = None,
    lead_id: UUID | None = None,
    channel: Channel | None = None,
    direction: Direction | None = None,
    agent: AnyCode = None,
    owner: AnyCode = None,
    team: AnyCode = None,
    thread_id: AnyCode = None,
    tag: AnyCode = None,
    about: Annotated[UUID | None, Query(description="The id of something that it is about.")] = None,
    retracted: bool | None = None,
    occurred_from: Day = None,
    occurred_to: Day = None,
) -> read_model.Filter:
    return read_model.Filter(
        customer_id=customer_id,
        lead_id=lead_id,
        channel=channel,
        direction=direction,
        agent=agent,
        owner=owner,
        team=team,
        thread_id=thread_id,
        tag=tag,
        about=about,
        retracted=retracted,
        occurred_from=occurred_from,
        occurred_to=occurred_to,
        zone=zone,
    )


@router.get("", responses=exported(listed(schemas.INTERACTION), schemas.INTERACTION))
async def interactions(
    request: Request,
    caller: Reader,
    after: After,
    wanted: Annotated[read_model.Filter, Depends(filtered)],
    by: Annotated[By[read_model.Sort], sorting(read_model.Sort, "-occurred_at")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Interactions by filters; days are half-open and in `zone`."""

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return read_model.listing(connection, wanted, sort=by.key, descending=by.descending, limit=limit, cursor=cursor)

    needed = of_customer("interactions", wanted.customer_id, "leads")
    return await listing(request, needed, after, pages, show=lambda row: shown(row, caller), limit=limit, cursor=cursor)


@router.get("/by/{system}/{external:path}", dependencies=[may("personal:read")], responses=one(schemas.INTERACTION))
async def interaction_by_external_id(
    request: Request, caller: Reader, after: After, when: When, system: System, external: External
) -> Response:
    """The interaction that another system calls this."""
    id = external_id(Interaction.name, system, external, request.app.state.store.secret)
    return await interaction(request, caller, after, when, id)


@router.get("/{id}", responses=one(schemas.INTERACTION))
async def interaction(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One interaction, with what it is about and its attachments."""
    return await look_at(request, INTERACTIONS, id, after, when, name="interaction", show=lambda row: shown(row, caller))


@router.get("/{id}/history", responses=listed(CHANGE, 404))
async def interaction_history(request: Request, caller: Reader, id: UUID) -> Response:
    """Every event of the interaction, with what it changed."""
    return await look_back(
        request,
        INTERACTIONS,
        id,
        name="interaction",
        show=lambda row: shown(row, caller),
        personal=caller.may("personal:read"),
    )


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The interaction as this caller may see it."""
    hidden = ("interaction_id",) if caller.may("personal:read") else ("interaction_id", "private")
    return {"id": row["interaction_id"], **{name: value for name, value in row.items() if name not in hidden}}
