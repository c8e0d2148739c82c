"""Saved views over HTTP: lists that somebody looks at again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints

from api.operations import configuration_schemas as schemas
from api.shared.access import may
from api.shared.as_of import Resource
from api.shared.fields import Code, CommandBody, Line
from api.shared.filtering import filters
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.reading import AnyCode
from api.shared.strict import StrictRoute
from api.shared.targets import target
from api.shared.views import Views
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

RESOURCE = Resource(SavedView, read_model.saved_views, read_model.get)


class ViewBody(CommandBody):
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
async def retire(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Nobody sees it any more."""
    return await SAVED_VIEWS.by_id(request, id, commands.retire, body)


filtered = filters(
    read_model.Filter, owner=Annotated[AnyCode, Query(description="Their own, those that others share, and nobody's.")]
)
views = Views(reading, RESOURCE, schemas.SAVED_VIEW, permission="saved-views:read", row_key="view_id", private=("filters",))
views.many(read_model.listing, "Saved views in the order of their names.", called="views", filtered=filtered)
views.one("One saved view.", called="view")
views.history(called="history")
