"""What can be asked of users and of teams, both known by their codes."""

from __future__ import annotations

from commands.shared.unit_of_work import UnitOfWork
from domain.operations.team import Team, team_id
from domain.operations.user import User, user_id


def register(
    work: UnitOfWork,
    *,
    code: str,
    name: str | None = None,
    team: str | None = None,
    zone: str | None = None,
    capacity: int | None = None,
) -> User:
    """Sets all that is said of the user, and lets one who was deactivated work again. The team need not be registered."""
    user = work.load(User, user_id(code))
    user.register(work.context, code=code, name=name, team=team, zone=zone, capacity=capacity)
    return user


def change_availability(work: UnitOfWork, *, code: str, available: bool) -> User:
    user = work.existing(User, user_id(code))
    user.change_availability(work.context, available)
    return user


def deactivate(work: UnitOfWork, *, code: str) -> User:
    user = work.existing(User, user_id(code))
    user.deactivate(work.context)
    return user


def register_team(work: UnitOfWork, *, code: str, name: str, zone: str | None = None) -> Team:
    """Sets all that is said of the team, and takes up one that was deactivated again."""
    team = work.load(Team, team_id(code))
    team.register(work.context, code=code, name=name, zone=zone)
    return team


def deactivate_team(work: UnitOfWork, *, code: str) -> Team:
    team = work.existing(Team, team_id(code))
    team.deactivate(work.context)
    return team
