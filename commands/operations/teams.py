"""What can be asked of teams, known by their codes."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.operations.team import Team, team_id

register = begins(Team, Team.register, team_id)
"""Sets all fields of the team, and activates one that was deactivated."""
deactivate = decides(Team, Team.deactivate, team_id)
