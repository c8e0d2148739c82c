"""Teams over HTTP, by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from api.operations import configuration_schemas as schemas
from api.operations.users import UserCode as TeamCode
from api.operations.users import Zone
from api.shared.access import may
from api.shared.commanding import carry_out
from api.shared.fields import Line, Told
from api.shared.looking import look_at, look_back
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, Cursor, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.strict import StrictRoute
from commands.operations import users as commands
from domain.operations.team import Team, team_id
from projections.operations import teams as read_model

PREFIX = "/v1/teams"

commanding = APIRouter(
    prefix=PREFIX, tags=["teams"], route_class=StrictRoute, dependencies=[may("teams:write")], responses=ACCEPTED
)
reading = APIRouter(prefix=PREFIX, tags=["teams"], dependencies=[may("teams:read")])

TEAMS = Resource(Team, read_model.teams, read_model.get)


class TeamBody(Told):
    """All that is said of the team. The name is not personal: it names a thing."""

    name: Line
    zone: Zone | None = None


@commanding.put("/{code}", responses=CREATED)
async def register(request: Request, code: TeamCode, body: TeamBody) -> Response:
    """Register a team, or say anew what it is; one that was deactivated is there again."""
    answer = await carry_out(
        request,
        commands.register_team,
        body,
        target=team_id(code),
        location=PREFIX,
        code=code,
        name=body.name,
        zone=body.zone,
    )
    if "Location" in answer.headers:
        answer.headers["Location"] = f"{PREFIX}/{quote(code)}"
    return answer


@commanding.post("/{code}/deactivation")
async def deactivate(request: Request, code: TeamCode, body: Told | None = None) -> Response:
    """The team takes nothing new."""
    return await carry_out(request, commands.deactivate_team, body, target=team_id(code), code=code)


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
