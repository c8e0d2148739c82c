"""Followers act on everything that was recorded since the first start, and nothing ends them but their end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from structlog.testing import capture_logs

from commands.customers import customers
from commands.marketing import campaign_members, campaigns
from commands.shared.batch import Command
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ContactMethod
from domain.shared.aggregate import replayed
from domain.shared.events import Actor, Context
from domain.shared.ids import new_id
from infra.processes.followers import Follower, Following, Unfollowed, following
from infra.processes.parts import Parts, opened
from infra.read_models import followed
from infra.read_models.database import ReadModels, postgres_read_models
from infra.read_models.lease import FOLLOWERS, Lease, is_held
from infra.settings import Settings
from tests.domain.given import NOW
from tests.waiting import PATIENCE, wait_until

ADA, SPRING, MAIL = new_id(), new_id(), new_id()
THREADS = {"days", "policies", "assignment", "late-facts", "deadlines", "webhooks", "pruning"}


@pytest.fixture(params=["embedded", pytest.param("distributed", marks=pytest.mark.servers)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    given: dict[str, Any] = {"home": tmp_path, "master_key": "5a" * 32}
    if request.param == "distributed":
        given |= {"database_url": request.getfixturevalue("prepared_database_url"), "kafka": "127.0.0.1:1"}
    return Settings.model_validate(given)


def _run(parts: Parts, function: Any, **facts: Any) -> None:
    context = Context(now=NOW, actor=Actor(type="user", id="u-1"), command_id=new_id())
    assert parts.executor.submit(Command(function, facts, context)).result(PATIENCE).refusal is None


def _let_a_message_bounce(parts: Parts) -> None:
    method = ContactMethod(method_id=MAIL, kind="email", value="ada@example.com")
    _run(parts, customers.register, customer_id=ADA, kind="person", name="Ada", contact_methods=(method,))
    _run(parts, campaigns.plan, campaign_id=SPRING, name="Spring")
    _run(parts, campaign_members.target, campaign_id=SPRING, customer_id=ADA)
    _run(parts, campaign_members.bounce, campaign_id=SPRING, customer_id=ADA, bounce="hard", method_id=MAIL)


def test_followers_that_start_later_skip_nothing_that_was_recorded_before(settings: Settings) -> None:
    with opened(settings) as parts:
        _let_a_message_bounce(parts)
    with opened(settings) as parts, parts.deployment.read_models.reader.connect() as connection:
        assert followed.all_positions(connection) == {"assignment": 0, "late-facts": 0, "policies": 0}


@pytest.mark.parametrize("settings", ["embedded"], indirect=True)
def test_what_was_recorded_before_the_first_follower_ran_is_acted_on(settings: Settings) -> None:
    def is_undeliverable() -> bool:
        ada = replayed(Customer, ADA, parts.deployment.store.streams([ADA])[ADA])
        return ada.version > 1

    with opened(settings) as parts:
        _let_a_message_bounce(parts)
        with following(parts):
            wait_until(is_undeliverable, "the contact method is marked as undeliverable")
            assert _threads() >= THREADS
        assert not _threads() & THREADS


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


class Failing:
    """Fails the first time that it runs, then runs until it is stopped."""

    def __init__(self) -> None:
        self.runs, self._stopping = 0, Event()

    def run(self) -> None:
        self.runs += 1
        if self.runs == 1:
            raise ArithmeticError
        self._stopping.wait(PATIENCE)

    def stop(self) -> None:
        self._stopping.set()


def test_a_follower_that_fails_begins_again_and_can_be_stopped() -> None:
    failing = Failing()
    follower = Follower("days", failing, pause=0.01)
    thread = Thread(target=follower.run)
    thread.start()
    wait_until(lambda: failing.runs == 2, "it runs again")
    follower.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert failing.runs == 2


class ShortLease:
    """Is lost at once the first time, and then kept."""

    def __init__(self) -> None:
        self.turns = 0

    @contextmanager
    def held(self, stopping: Event) -> Iterator[bool]:
        self.turns += 1
        yield True

    def keep(self, stopping: Event) -> None:
        if self.turns == 1:
            raise _lost()
        stopping.wait(PATIENCE)


def _lost() -> DBAPIError:
    return OperationalError("SELECT 1", {}, Exception())


def test_followers_end_when_the_lease_is_lost_and_begin_when_it_is_held_again() -> None:
    seen: list[str] = []

    @contextmanager
    def followers() -> Iterator[None]:
        seen.append("begin")
        try:
            yield
        finally:
            seen.append("end")

    turns = Following(ShortLease(), followers, pause=0.01)  # type: ignore[arg-type]
    thread = Thread(target=turns.run)
    thread.start()
    wait_until(lambda: len(seen) == 3, "they begin again")
    turns.stop()
    thread.join(PATIENCE)
    assert seen == ["begin", "end", "begin", "end"]


@pytest.mark.servers
def test_the_log_says_once_that_nobody_follows_until_somebody_does(database_url: str) -> None:
    with closing(postgres_read_models(database_url)) as read_models, capture_logs() as logged:
        unfollowed = Unfollowed(read_models)
        unfollowed.look()
        assert not logged, "a takeover takes a moment"
        for _ in range(3):
            unfollowed.look()
        assert [entry["event"] for entry in logged] == ["nobody.follows"]
        with Lease(read_models, FOLLOWERS, PATIENCE).held(Event()):
            unfollowed.look()
        wait_until(lambda: not _followed(read_models), "the lease is free")
        for _ in range(2):
            unfollowed.look()
        assert [entry["event"] for entry in logged] == ["nobody.follows"] * 2


def _followed(read_models: ReadModels) -> bool:
    with read_models.reader.connect() as connection:
        return is_held(connection, FOLLOWERS)
