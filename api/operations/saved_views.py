"""Saved views over HTTP: a list with its filters, fields and order, saved for repeated use."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints

from api.operations import configuration_schemas as schemas
from api.shared.access import may
from api.shared.as_of import Resource
from api.shared.fields import DISTINCT, Code, CommandBody, Line
from api.shared.filtering import filters
from api.shared.lists import Lists
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.picking import unknown_fields
from api.shared.problems import wrong_parameter
from api.shared.reading import AnyCode
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from api.shared.views import Views
from commands.operations import saved_views as commands
from domain.operations.saved_view import NAME_LENGTH, PART_LIMIT, SavedView, View
from projections.operations import saved_views as read_model

SAVED_VIEWS = target(SavedView, "/v1/saved-views", "view_id")

commanding = Router(
    prefix=SAVED_VIEWS.location,
    tags=["saved-views"],
    route_class=StrictRoute,
    dependencies=[may("saved-views:write")],
    responses=ACCEPTED,
)
reading = Router(prefix=SAVED_VIEWS.location, tags=["saved-views"])

RESOURCE = Resource(SavedView, read_model.saved_views, read_model.get)


class ViewBody(CommandBody):
    """A list with its filters, fields and order. The name is not personal data: it names the view."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)] = Field(examples=["Urgent, mine"])
    resource: Code = Field(examples=["tickets"])
    filters: Annotated[dict[Code, Line], DISTINCT, Field(max_length=PART_LIMIT, examples=[{"priority": "urgent"}])] = {}
    fields: Annotated[list[Code], Field(max_length=PART_LIMIT)] = []
    sort: Annotated[str, StringConstraints(pattern=r"^-?\w[\w.:/+-]{0,63}$")] | None = Field(
        default=None, description="The field to sort by; a leading - sorts in descending order."
    )
    owner: Code | None = Field(default=None, description="The code of the owner; null if the view belongs to everybody.")
    shared: bool = Field(default=False, description="Whether others see the view too.")

    def facts(self) -> dict[str, Any]:
        return {"view": View(**self.named())}


def _check(request: Request, body: ViewBody) -> None:
    """Raises RequestValidationError if the list would not accept the view's filters, fields or order."""
    lists: Lists = request.app.state.lists
    route = lists.called(body.resource)
    if route is None:
        errors: list[Any] = [{"type": "unknown_list", "loc": ("body", "resource"), "msg": lists.instead(body.resource)}]
    else:
        takes = route.parameters
        errors = takes.errors_in_body(body.filters, takes.filters, "filters")
        errors += takes.errors_in_body({"sort": body.sort} if body.sort else {}, takes.known & {"sort"}, beside=body.filters)
        errors += [
            {"type": "unknown_field", "loc": ("body", "fields", number), "msg": message}
            for number, name in enumerate(body.fields)
            for message in unknown_fields(takes.row or {}, name)
        ]
    if errors:
        raise RequestValidationError(errors, body=body.model_dump())


@commanding.post("", status_code=201, responses=CREATED)
async def define(request: Request, body: ViewBody) -> Response:
    """Save a view. Its filters, fields and order must be ones that the list accepts."""
    _check(request, body)
    return await SAVED_VIEWS.new(request, commands.define, body)


@commanding.put("/{id}")
async def revise(request: Request, id: UUID, body: ViewBody) -> Response:
    """Replace all fields of a view."""
    _check(request, body)
    return await SAVED_VIEWS.by_id(request, id, commands.revise, body)


@commanding.post("/{id}/retirement")
async def retire(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Retire a view: nobody sees it any more."""
    return await SAVED_VIEWS.by_id(request, id, commands.retire, body)


async def _list(request: Request, resource: AnyCode = None) -> str | None:
    """The name of a list. Raises RequestValidationError if there is no such list."""
    lists: Lists = request.app.state.lists
    if resource is not None and lists.called(resource) is None:
        raise wrong_parameter("resource", lists.instead(resource))
    return resource


filtered = filters(
    read_model.Filter,
    resource=Annotated[str | None, Depends(_list)],
    owner=Annotated[AnyCode, Query(description="Views that this owner sees: own, shared, and without an owner.")],
)
views = Views(reading, RESOURCE, schemas.SAVED_VIEW, permission="saved-views:read", row_key="view_id", private=("filters",))
views.many(read_model.listing, "Saved views in the order of their names.", called="views", filtered=filtered)
views.one("One saved view.", called="view")
views.history(called="history")
