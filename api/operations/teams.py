"""Teams over HTTP, by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from api.operations import configuration_schemas as schemas
from api.operations.users import UserCode as TeamCode
from api.operations.users import Zone
from api.shared.access import may
from api.shared.fields import Line, Told
from api.shared.looking import look_at, look_back
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, Cursor, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.strict import StrictRoute
from api.shared.targets import by_code
from commands.operations import users as commands
from domain.operations.team import Team, team_id
from projections.operations import teams as read_model

LOCATION = "/v1/teams"

commanding = APIRouter(
    prefix=LOCATION, tags=["teams"], route_class=StrictRoute, dependencies=[may("teams:write")], responses=ACCEPTED
)
reading = APIRouter(prefix=LOCATION, tags=["teams"], dependencies=[may("teams:read")])

TEAMS = Resource(Team, read_model.teams, read_model.get)


class TeamBody(Told):
    """All that is said of the team. The name is not personal: it names a thing."""

    name: Line
    zone: Zone | None = None


@commanding.put("/{code}", responses=CREATED)
async def register(request: Request, code: TeamCode, body: TeamBody) -> Response:
    """Register a team, or say anew what it is; one that was deactivated is there again."""
    return await by_code(request, team_id(code), code, commands.register_team, body, location=LOCATION)


@commanding.post("/{code}/deactivation")
async def deactivate(request: Request, code: TeamCode, body: Told | None = None) -> Response:
    """The team takes nothing new."""
    return await by_code(request, team_id(code), code, commands.deactivate_team, body)


@reading.get("", responses=exported(listed(schemas.TEAM), schemas.TEAM))
async def teams(
    request: Request,
    after: After,
    deactivated: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Teams that were registered, in the order of their codes."""
    return await listing(
        request,
        "teams",
        after,
        lambda connection, limit, cursor: read_model.listing(
            connection, read_model.Filter(deactivated=deactivated), limit=limit, cursor=cursor
        ),
        show=shown,
        limit=limit,
        cursor=cursor,
    )


@reading.get("/{code}", responses=one(schemas.TEAM))
async def team(request: Request, after: After, when: When, code: TeamCode) -> Response:
    """One team that was registered."""
    return await look_at(request, TEAMS, team_id(code), after, when, name="team", called=code, show=shown)


@reading.get("/{code}/history", responses=listed(CHANGE, 404))
async def history(request: Request, code: TeamCode) -> Response:
    """Every event of the team, with what it changed."""
    return await look_back(request, TEAMS, team_id(code), name="team", called=code, show=shown)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["team_id"], **{name: value for name, value in row.items() if name != "team_id"}}
