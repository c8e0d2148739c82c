"""A server that starts with its clock nine days ahead: commands go on, and nothing is pruned or ended until it is confirmed."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from commands.shared.executor import Executor
from consumers.policies.days import Days
from domain.operations.calendar import DayEnded
from infra.processes.followers import following
from infra.processes.parts import Parts, opened
from infra.settings import Settings
from infra.trusted_clock import TrustedClock
from infra.wiring import deploy
from tests.api.client import Client
from tests.commands.event_stores import one, registering
from tests.infra.recount import MASTER_KEY, environment, recount
from tests.waiting import wait_until

NINE_DAYS = timedelta(days=9)
LOCAL = {"Authorization": "Bearer local"}
CONFIRMATIONS = "/v1/operations/clock-confirmations"


@pytest.fixture
def settings(home: Path) -> Settings:
    """An embedded deployment whose last fact is nine days old: the same as a clock that is nine days ahead."""
    settings = Settings(home=home, master_key=MASTER_KEY)
    then = datetime.now(UTC) - NINE_DAYS
    with closing(deploy(settings)) as deployment:
        executor = Executor(deployment.store, clock=lambda: then)
        Days(executor, deployment.store, "UTC", lambda: then).end_days()
        for number in range(20):
            one(executor, registering(key=f"{number}"))
        executor.close()
    return settings


@pytest.fixture
def askers(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the threads that have asked whether the clock is trusted, and got the answer."""
    names: set[str] = set()
    trusted = TrustedClock.trusted

    def asked(clock: TrustedClock) -> bool:
        answer = trusted(clock)
        names.add(threading.current_thread().name)
        return answer

    monkeypatch.setattr(TrustedClock, "trusted", asked)
    return names


def ended(parts: Parts) -> list[date]:
    store = parts.deployment.store
    events = [recorded.event for recorded in store.decode(store.log(0, 10_000, types=["crm.calendar.day_ended.v1"]))]
    return [event.day for event in events if isinstance(event, DayEnded)]


def has_receipts(parts: Parts) -> bool:
    """Whether old commands are still known, so that they run no second time."""
    head = parts.deployment.store.head()
    one(parts.executor, registering(key="0"))
    return parts.deployment.store.head() == head


def test_nothing_is_pruned_or_ended_until_an_operator_confirms_the_clock(settings: Settings, askers: set[str]) -> None:
    with opened(settings) as parts, parts.application("local") as app, following(parts):
        client = Client(app, LOCAL)
        wait_until(lambda: {"days", "deadlines", "pruning"} <= askers, "each of them has looked at the clock")
        assert client.post("/v1/customers", {"name": "Ada"}).status_code == 201
        body = client.get("/health/ready").json()
        assert (body["status"], [trouble["code"] for trouble in body["troubles"]]) == ("degraded", ["clock-doubtful"])
        assert "recount clock confirm" in body["troubles"][0]["detail"]
        assert has_receipts(parts)
        [last] = ended(parts)
        confirmed = client.post(CONFIRMATIONS).json()["confirmed"]
        assert datetime.now(UTC) - datetime.fromisoformat(confirmed) < timedelta(minutes=30)
        assert client.get("/health/ready").json()["troubles"] == []
        client.close()
    with opened(settings) as parts, following(parts):
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        wait_until(lambda: ended(parts)[-1] >= yesterday, "the days that are over end", lambda: len(ended(parts)))
        assert len(ended(parts)) == (yesterday - last).days + 1
        wait_until(lambda: not has_receipts(parts), "old receipts are deleted")


def test_the_command_line_shows_and_confirms_the_clock(settings: Settings) -> None:
    variables = environment(settings.home)
    seen = recount(variables, "status")
    assert seen.status == 1
    assert "clock-doubtful" in seen.output
    confirmed = recount(variables, "clock", "confirm", "--json")
    assert confirmed.status == 0, confirmed.errors
    with closing(deploy(settings)) as deployment:
        assert deployment.clock.trusted()


def test_settings_confirm_a_moment_or_allow_a_longer_time(settings: Settings) -> None:
    def trusts(**more: object) -> bool:
        given = {"home": settings.home, "master_key": MASTER_KEY, **more}
        with closing(deploy(Settings.model_validate(given))) as deployment:
            return deployment.clock.trusted()

    assert trusts(clock_limit=timedelta(days=10).total_seconds())
    assert not trusts()
    assert trusts(clock_confirmed=datetime.now(UTC).isoformat())
