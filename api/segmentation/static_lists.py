"""Static lists over HTTP: customers selected by hand."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field, StringConstraints

from api.customers.merged import merged_customers
from api.segmentation import static_list_schemas as schemas
from api.shared.access import Caller, may
from api.shared.as_of import Resource, When
from api.shared.bounds import PAGE
from api.shared.fields import CommandBody
from api.shared.filtering import filters
from api.shared.looking import Row, get_one, seen_by
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.reading import After, Cursor, Limit, absent, found, listing, read
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from api.shared.views import Views
from commands.segmentation import static_lists as commands
from domain.segmentation.static_list import AT_ONCE, NAME_LENGTH, StaticList
from projections.segmentation import static_lists as read_model

LISTS = target(StaticList, "/v1/lists", "list_id")

commanding = Router(
    prefix=LISTS.location, tags=["lists"], route_class=StrictRoute, dependencies=[may("lists:write")], responses=ACCEPTED
)
reading = Router(prefix=LISTS.location, tags=["lists"])

Reader = Annotated[Caller, may("lists:read")]
Pager = Annotated[Caller, may("lists:read", PAGE)]

# Merged customers are counted with their survivor.
READ = {"static_lists": None, "customer_view": None}
RESOURCE = Resource(StaticList, read_model.static_lists, read_model.as_it_was)


class ListBody(CommandBody):
    """The name is not personal data: it names a thing."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)] = Field(examples=["Invited to the opening"])


class MembersBody(CommandBody):
    customer_ids: Annotated[list[UUID], Field(min_length=1, max_length=AT_ONCE)]


@commanding.post("", status_code=201, responses=CREATED)
async def create(request: Request, body: ListBody) -> Response:
    """Create an empty list."""
    return await LISTS.new(request, commands.create, body)


@commanding.post("/{id}/members")
async def add_members(request: Request, id: UUID, body: MembersBody) -> Response:
    """Add customers to the list. If one is unknown or erased, the request is refused and nobody is added."""
    return await LISTS.by_id(request, id, commands.add_members, body)


@commanding.post("/{id}/members/removal")
async def remove_members(request: Request, id: UUID, body: MembersBody) -> Response:
    """Remove customers from the list, with everyone merged into them. Ids that are not on the list are ignored.

    If the read models are behind, customers who were merged in the meantime may stay on the list.
    """
    merged = await merged_customers(request, body.customer_ids)
    return await LISTS.by_id(request, id, commands.remove_members, body, merged_ids=merged)


@commanding.post("/{id}/retirement")
async def retire(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Retire the list: its members can no longer change."""
    return await LISTS.by_id(request, id, commands.retire, body)


views = Views(reading, RESOURCE, schemas.LIST, permission="lists:read", name="list", row_key="list_id")
views.many(
    read_model.listing,
    "Lists in the order of their names, each with its number of customers.",
    called="lists",
    filtered=filters(read_model.Filter),
    reads=READ,
)
views.history(called="history")


@reading.get("/{id}", responses=one(schemas.LIST))
async def list_(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One list. As of a past moment `members` also counts customers who were erased or merged later."""

    def shown(row: Row) -> Row:
        return seen_by(caller, row, "list_id")

    if not when.now:
        return await get_one(request, RESOURCE, id, after, when, name="list", show=shown)
    row, position = await read(request, READ, after, lambda connection: read_model.get(connection, id))
    return absent("list", id, position) if row is None else found(request, shown(row), position, row["version"])


@reading.get("/{id}/members", responses=exported(listed(schemas.MEMBER), schemas.MEMBER))
async def members(
    request: Request,
    caller: Annotated[Caller, may("lists:read", PAGE)],
    after: After,
    id: UUID,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The list's customers in the order of their ids, without erased ones."""
    return await listing(
        request,
        READ,
        after,
        lambda connection, limit, cursor: read_model.members(connection, id, limit=limit, cursor=cursor),
        show=lambda row: row,
        limit=limit,
        cursor=cursor,
    )
