"""Users and teams."""

from __future__ import annotations

import pytest

from domain.operations import team as teams
from domain.operations.team import Team, team_id
from domain.operations.user import AvailabilityChanged, Deactivated, Registered, User, user_id
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import LAST_WEEK, YESTERDAY, facts, flags, live, state, stored


def registered() -> User:
    user = User(user_id("agent-7"))
    user.register(live(), code="agent-7", name="Ada Lovelace", team="support", zone="Europe/Berlin", capacity=10)
    return user


def test_a_user_is_registered_under_a_code() -> None:
    user = registered()
    assert facts(user) == [Registered(code="agent-7", name="Ada Lovelace", team="support", zone="Europe/Berlin", capacity=10)]
    assert state(stored(user)) == state(user)


def test_registering_again_replaces_all_values_and_the_same_values_record_nothing() -> None:
    user = registered()
    user.register(live(), code="agent-7", name="Ada Lovelace", team="support", zone="Europe/Berlin", capacity=10)
    assert user.version == 1
    user.register(live(), code="agent-7", team="sales")
    assert facts(user)[-1] == Registered(code="agent-7", team="sales")


def test_a_newly_registered_user_is_available() -> None:
    user = registered()
    user.change_availability(live(), True)
    assert user.version == 1
    user.change_availability(live(), False)
    user.change_availability(live(), False)
    assert facts(user)[1:] == [AvailabilityChanged(available=False)]


def test_the_same_availability_at_another_time_is_flagged() -> None:
    user = registered()
    user.change_availability(live(LAST_WEEK), False)
    user.change_availability(live(YESTERDAY), False)
    assert flags(user) == ("repeated",)


def test_a_deactivated_user_is_active_again_after_registering() -> None:
    user = registered()
    user.deactivate(live())
    user.deactivate(live())
    user.register(live(), code="agent-7", name="Ada Lovelace", team="support", zone="Europe/Berlin", capacity=10)
    assert [type(fact) for fact in facts(user)] == [Registered, Deactivated, Registered]
    assert user.deactivated_since is None


def test_an_invalid_user_is_refused() -> None:
    for wrong in ({"code": "agent 7"}, {"zone": "Berlin"}, {"capacity": -1}, {"team": ""}, {"name": ""}):
        with pytest.raises(Malformed):
            User(user_id("x")).register(live(), **{"code": "x", **wrong})  # type: ignore[arg-type]


def test_a_user_who_was_never_registered_cannot_be_deactivated() -> None:
    with pytest.raises(NotThere):
        User(user_id("x")).deactivate(live())


def test_a_team_is_registered_renamed_deactivated_and_registered_again() -> None:
    team = Team(team_id("support"))
    team.register(live(), code="support", name="Support")
    team.register(live(), code="support", name="Support")
    team.register(live(), code="support", name="Help desk", zone="+08:00")
    team.deactivate(live())
    team.deactivate(live())
    team.register(live(), code="support", name="Help desk", zone="+08:00")
    assert facts(team) == [
        teams.Registered(code="support", name="Support"),
        teams.Registered(code="support", name="Help desk", zone="+08:00"),
        teams.Deactivated(),
        teams.Registered(code="support", name="Help desk", zone="+08:00"),
    ]
    assert state(stored(team)) == state(team)


def test_an_invalid_team_is_refused() -> None:
    for wrong in ({"name": ""}, {"zone": "Berlin"}):
        with pytest.raises(Malformed):
            Team(team_id("x")).register(live(), **{"code": "x", "name": "X", **wrong})
