"""Saved views over HTTP: lists that somebody looks at again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints

from api.operations import configuration_schemas as schemas
from api.shared.access import Caller, may
from api.shared.fields import Code, Line, Told
from api.shared.looking import look_at, look_back
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, AnyCode, Cursor, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.operations import saved_views as commands
from domain.operations.saved_view import NAME_LENGTH, PART_LIMIT, SavedView, View
from projections.operations import saved_views as read_model

SAVED_VIEWS = target(SavedView, "/v1/saved-views", "view_id")

commanding = APIRouter(
    prefix=SAVED_VIEWS.location,
    tags=["saved-views"],
    route_class=StrictRoute,
    dependencies=[may("saved-views:write")],
    responses=ACCEPTED,
)
reading = APIRouter(prefix=SAVED_VIEWS.location, tags=["saved-views"])

VIEWS = Resource(SavedView, read_model.saved_views, read_model.get)

Reader = Annotated[Caller, may("saved-views:read")]
Plain = AnyCode


class ViewBody(Told):
    """A list by its filters, its fields and its order. The name is not personal: it names a thing."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)] = Field(examples=["Urgent, mine"])
    resource: Code = Field(examples=["tickets"])
    filters: Annotated[dict[Code, Line], Field(max_length=PART_LIMIT, examples=[{"priority": "urgent"}])] = {}
    fields: Annotated[list[Code], Field(max_length=PART_LIMIT)] = []
    sort: Annotated[str, StringConstraints(pattern=r"^-?\w[\w.:/+-]{0,63}$")] | None = Field(
        default=None, description="The field to sort by, with - before it where the list is descending."
    )
    owner: Code | None = Field(default=None, description="Whose it is; null is everybody's.")
    shared: bool = Field(default=False, description="Whether others see it too.")

    def facts(self) -> dict[str, Any]:
        return {"view": View(**self.named())}


@commanding.post("", status_code=201, responses=CREATED)
async def define(request: Request, body: ViewBody) -> Response:
    """Save a view."""
    return await SAVED_VIEWS.new(request, commands.define, body)


@commanding.put("/{id}")
async def revise(request: Request, id: UUID, body: ViewBody) -> Response:
    """Say all of it anew."""
    return await SAVED_VIEWS.by_id(request, id, commands.revise, body)


@commanding.post("/{id}/retirement")
async def retire(request: Request, id: UUID, body: Told | None = None) -> Response:
    """Nobody sees it any more."""
    return await SAVED_VIEWS.by_id(request, id, commands.retire, body)


@reading.get("", responses=exported(listed(schemas.SAVED_VIEW), schemas.SAVED_VIEW))
async def views(
    request: Request,
    caller: Reader,
    after: After,
    resource: Plain = None,
    owner: Annotated[Plain, Query(description="Their own, those that others share, and nobody's.")] = None,
    retired: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Saved views in the order of their names."""
    return await listing(
        request,
        "saved_views",
        after,
        lambda connection, limit, cursor: read_model.listing(
            connection,
            read_model.Filter(resource=resource, owner=owner, retired=retired),
            limit=limit,
            cursor=cursor,
        ),
        show=lambda row: shown(row, caller),
        limit=limit,
        cursor=cursor,
    )


@reading.get("/{id}", responses=one(schemas.SAVED_VIEW))
async def view(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One saved view."""
    return await look_at(request, VIEWS, id, after, when, name="saved view", show=lambda row: shown(row, caller))


@reading.get("/{id}/history", responses=listed(CHANGE, 404))
async def history(request: Request, caller: Reader, id: UUID) -> Response:
    """Every event of the saved view, with what it changed."""
    personal = caller.may("personal:read")
    return await look_back(request, VIEWS, id, name="saved view", personal=personal, show=lambda row: shown(row, caller))


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The view as this caller may see it: what it filters by may name a person."""
    hidden = ("view_id",) if caller.may("personal:read") else ("view_id", "filters")
    return {"id": row["view_id"], **{name: value for name, value in row.items() if name not in hidden}}
