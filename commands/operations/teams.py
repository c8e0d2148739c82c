"""The commands on teams, each identified by its code."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.operations.team import Team, team_id

register = begins(Team, Team.register, team_id)
"""Sets all fields of the team, and activates a deactivated team."""
deactivate = decides(Team, Team.deactivate, team_id)
