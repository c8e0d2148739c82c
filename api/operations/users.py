"""Users over HTTP, by their codes: the people who work here, and whether they are given new work."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response
from pydantic import Field, StringConstraints

from api.operations import configuration_schemas as schemas
from api.shared import targets
from api.shared.access import may
from api.shared.as_of import Resource
from api.shared.fields import SYSTEM, Code, CommandBody
from api.shared.filtering import filters
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.views import Views, by_code
from commands.operations import users as commands
from domain.operations.user import LARGEST_CAPACITY, NAME_LENGTH, User, user_id
from projections.operations import users as read_model

PREFIX = "/v1/users"

commanding = Router(
    prefix=PREFIX, tags=["users"], route_class=StrictRoute, dependencies=[may("users:write")], responses=ACCEPTED
)
reading = Router(prefix=PREFIX, tags=["users"])

USERS = Resource(User, read_model.users, read_model.get)

UserCode = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["agent-7"])]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), Field(examples=["Asia/Shanghai"])]


class UserBody(CommandBody):
    """All fields of the user. They replace the earlier ones."""

    name: Annotated[str, StringConstraints(max_length=NAME_LENGTH)] | None = None
    team: Code | None = None
    zone: Zone | None = None
    capacity: Annotated[int | None, Field(strict=True, ge=0, le=LARGEST_CAPACITY)] = Field(
        default=None, description="How many open items the user takes at a time; null is no limit."
    )


class AvailabilityBody(CommandBody):
    available: Annotated[bool, Field(strict=True)]


@commanding.put("/{code}", responses=CREATED)
async def register(request: Request, code: UserCode, body: UserBody) -> Response:
    """Register a user, or replace all their fields. This also reactivates a deactivated user."""
    return await targets.by_code(request, user_id(code), code, commands.register, body, location=PREFIX)


@commanding.put("/{code}/availability")
async def change_availability(request: Request, code: UserCode, body: AvailabilityBody) -> Response:
    """Set whether the user is given new work."""
    return await targets.by_code(request, user_id(code), code, commands.change_availability, body)


@commanding.post("/{code}/deactivation")
async def deactivate(request: Request, code: UserCode, body: CommandBody | None = None) -> Response:
    """Deactivate a user who no longer works here. What they own stays theirs."""
    return await targets.by_code(request, user_id(code), code, commands.deactivate, body)


views = Views(reading, USERS, schemas.USER, permission="users:read", private=("name",), key=by_code(UserCode, user_id))
views.many(
    read_model.listing,
    "Registered users, in the order of their codes.",
    called="users",
    filtered=filters(read_model.Filter),
)
views.one("One registered user.")
views.history(called="history")
