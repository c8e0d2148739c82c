"""Teams over HTTP, by their codes."""

from __future__ import annotations

from fastapi import Request, Response

from api.operations import configuration_schemas as schemas
from api.operations.users import UserCode as TeamCode
from api.operations.users import Zone
from api.shared import targets
from api.shared.access import may
from api.shared.as_of import Resource
from api.shared.fields import CommandBody, Line
from api.shared.filtering import filters
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.views import Views, by_code
from commands.operations import teams as commands
from domain.operations.team import Team, team_id
from projections.operations import teams as read_model

PREFIX = "/v1/teams"

commanding = Router(
    prefix=PREFIX, tags=["teams"], route_class=StrictRoute, dependencies=[may("teams:write")], responses=ACCEPTED
)
reading = Router(prefix=PREFIX, tags=["teams"])

TEAMS = Resource(Team, read_model.teams, read_model.get)


class TeamBody(CommandBody):
    """All fields of the team. The name is not personal data: it does not name a person."""

    name: Line
    zone: Zone | None = None


@commanding.put("/{code}", responses=CREATED)
async def register(request: Request, code: TeamCode, body: TeamBody) -> Response:
    """Register a team, or replace all its fields. This also reactivates a deactivated team."""
    return await targets.by_code(request, team_id(code), code, commands.register, body, location=PREFIX)


@commanding.post("/{code}/deactivation")
async def deactivate(request: Request, code: TeamCode, body: CommandBody | None = None) -> Response:
    """Deactivate a team: no new work is given to it."""
    return await targets.by_code(request, team_id(code), code, commands.deactivate, body)


views = Views(reading, TEAMS, schemas.TEAM, permission="teams:read", private=(), key=by_code(TeamCode, team_id))
views.many(
    read_model.listing,
    "Registered teams, in the order of their codes.",
    called="teams",
    filtered=filters(read_model.Filter),
)
views.one("One registered team.")
views.history(called="history")
