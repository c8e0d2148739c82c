"""Users over HTTP, by their codes: who works here, and whether work is given to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, StringConstraints

from api.operations import configuration_schemas as schemas
from api.shared.access import Caller, may
from api.shared.fields import SYSTEM, Code, Told
from api.shared.looking import look_at, look_back
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, AnyCode, Cursor, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.strict import StrictRoute
from api.shared.targets import by_code
from commands.operations import users as commands
from domain.operations.user import LARGEST_CAPACITY, NAME_LENGTH, User, user_id
from projections.operations import users as read_model

LOCATION = "/v1/users"

commanding = APIRouter(
    prefix=LOCATION, tags=["users"], route_class=StrictRoute, dependencies=[may("users:write")], responses=ACCEPTED
)
reading = APIRouter(prefix=LOCATION, tags=["users"])

USERS = Resource(User, read_model.users, read_model.get)

Reader = Annotated[Caller, may("users:read")]
UserCode = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["agent-7"])]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), Field(examples=["Asia/Shanghai"])]


class UserBody(Told):
    """All that is said of the user, in the place of what was said before."""

    name: Annotated[str, StringConstraints(max_length=NAME_LENGTH)] | None = None
    team: Code | None = None
    zone: Zone | None = None
    capacity: Annotated[int | None, Field(strict=True, ge=0, le=LARGEST_CAPACITY)] = Field(
        default=None, description="How many open things they take at a time; null is as many as there are."
    )


class AvailabilityBody(Told):
    available: Annotated[bool, Field(strict=True)]


@commanding.put("/{code}", responses=CREATED)
async def register(request: Request, code: UserCode, body: UserBody) -> Response:
    """Register a user, or say anew who they are; one who was deactivated works again."""
    return await by_code(request, user_id(code), code, commands.register, body, location=LOCATION)


@commanding.put("/{code}/availability")
async def change_availability(request: Request, code: UserCode, body: AvailabilityBody) -> Response:
    """Whether new work is given to them."""
    return await by_code(request, user_id(code), code, commands.change_availability, body)


@commanding.post("/{code}/deactivation")
async def deactivate(request: Request, code: UserCode, body: Told | None = None) -> Response:
    """They do not work here any more. What is theirs stays theirs."""
    return await by_code(request, user_id(code), code, commands.deactivate, body)


@reading.get("", responses=exported(listed(schemas.USER), schemas.USER))
async def users(
    request: Request,
    caller: Reader,
    after: After,
    team: AnyCode = None,
    available: bool | None = None,
    deactivated: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Users that were registered, in the order of their codes."""
    return await listing(
        request,
        "users",
        after,
        lambda connection, limit, cursor: read_model.listing(
            connection,
            read_model.Filter(team=team, available=available, deactivated=deactivated),
            limit=limit,
            cursor=cursor,
        ),
        show=lambda row: shown(row, caller),
        limit=limit,
        cursor=cursor,
    )


@reading.get("/{code}", responses=one(schemas.USER))
async def user(request: Request, caller: Reader, after: After, when: When, code: UserCode) -> Response:
    """One user that was registered."""
    return await look_at(
        request, USERS, user_id(code), after, when, name="user", called=code, show=lambda row: shown(row, caller)
    )


@reading.get("/{code}/history", responses=listed(CHANGE, 404))
async def history(request: Request, caller: Reader, code: UserCode) -> Response:
    """Every event of the user, with what it changed."""
    return await look_back(
        request,
        USERS,
        user_id(code),
        name="user",
        called=code,
        personal=caller.may("personal:read"),
        show=lambda row: shown(row, caller),
    )


def shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The user as this caller may see them."""
    hidden = ("user_id",) if caller.may("personal:read") else ("user_id", "name")
    return {"id": row["user_id"], **{name: value for name, value in row.items() if name not in hidden}}
