"""Hundreds of webhooks: the log is read once for all of them, and receivers that are dead or slow hold no other one up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from commands.marketing import campaigns
from commands.operations import webhooks
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from consumers.webhooks import Courier, sending, window
from domain.operations.webhook import Subscription
from domain.shared.ids import external_id
from infra.event_store.mapper import Stored
from infra.read_models import attempts, deliveries
from infra.webhooks import receiver
from infra.webhooks.addresses import EVERYTHING, Reach
from infra.webhooks.message import Message
from projections.operations import webhooks as read_model
from tests.consumers.policies.policy_place import Place, place_in
from tests.consumers.webhooks.crowd import Crowd, a_crowd
from tests.waiting import wait_until

QUICK, SLOW, DEAD = 250, 20, 30


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    with a_crowd() as crowd:
        yield crowd


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url = request.getfixturevalue("recording_database_url") if request.param == "postgresql" else None
    with place_in(tmp_path, url) as place:
        yield place


def webhook(name: object) -> UUID:
    return external_id("webhook", "test", str(name), b"")


def register(place: Place, crowd: Crowd, manner: str, names: Sequence[object], **wanted: Any) -> None:
    asked: dict[str, Any] = {"types": ("crm.campaign.*",)} | wanted
    for name in names:
        subscription = Subscription(url=crowd.url(manner, name), **asked)
        place.run(webhooks.register, webhook_id=webhook(name), subscription=subscription, secret_id=webhook(name))


def plan(place: Place, count: int, since: int = 0) -> list[int]:
    """Plans campaigns; returns the positions of their events."""
    for n in range(since, since + count):
        place.run(campaigns.plan, campaign_id=external_id("campaign", "test", str(n), b""), name="Spring")
    head = place.store.head()
    return list(range(head - count + 1, head + 1))


def project(place: Place) -> None:
    projector = Projector([read_model.webhooks], Tail(place.store), place.store, place.read_models, 1)
    while projector.turn(0):
        pass


def courier(place: Place) -> Courier:
    return Courier(place.store, place.read_models, Reach(EVERYTHING, http=True))


@contextmanager
def running(place: Place) -> Iterator[None]:
    one = courier(place)
    thread = threading.Thread(target=one.run)
    thread.start()
    try:
        yield
    finally:
        one.stop()
        thread.join()


@pytest.fixture
def reads(place: Place, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions after which the log was read."""
    read: list[int] = []
    log: Callable[..., list[Stored]] = place.store.log

    def counted(after: int, *arguments: Any) -> list[Stored]:
        read.append(after)
        return log(after, *arguments)

    monkeypatch.setattr(place.store, "log", counted)
    return read


def test_dead_and_slow_receivers_hold_up_none_of_hundreds(place: Place, crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    # Those that are dead hold their connections during the whole test.
    monkeypatch.setattr(receiver, "SECONDS", 3600.0)
    quick, slow = [f"q{n}" for n in range(QUICK)], [f"s{n}" for n in range(SLOW)]
    register(place, crowd, "dead", range(DEAD))
    register(place, crowd, "slow", slow)
    register(place, crowd, "quick", quick)
    project(place)
    positions = plan(place, 3)
    begin = time.monotonic()
    with running(place):
        wait_until(lambda: crowd.arrived() == 3 * (QUICK + SLOW), "all events of all living receivers", crowd.arrived)
        print(f"{crowd.arrived()} events to {QUICK + SLOW} receivers, {DEAD} dead: {time.monotonic() - begin:.1f} s")
    assert crowd.hanging == DEAD
    assert all(crowd.taken[name] == positions for name in [*quick, *slow])
    assert crowd.most <= sending.CONNECTIONS + sending.DOUBTFUL_CONNECTIONS


def test_the_log_is_read_once_for_all_webhooks(place: Place, crowd: Crowd, reads: list[int]) -> None:
    names = range(100)
    register(place, crowd, "quick", names)
    project(place)
    positions = plan(place, 5)
    reads.clear()
    courier(place).deliver()
    assert all(crowd.taken[str(name)] == positions for name in names)
    assert len(reads) == len(set(reads)) == -(-place.store.head() // window.LENGTH)


def test_receivers_that_failed_before_leave_connections_to_the_others(
    place: Place, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "SECONDS", 3600.0)
    monkeypatch.setattr(sending, "CONNECTIONS", 2)
    monkeypatch.setattr(sending, "DOUBTFUL_CONNECTIONS", 1)
    register(place, crowd, "dead", range(5))
    register(place, crowd, "quick", ["q"])
    project(place)
    for name in range(5):
        failed = deliveries.Delivery(webhook(name), 0, version=1, failures=1)
        deliveries.hold(place.read_models, [failed], webhook("nobody"), place.now, place.now)
    [position] = plan(place, 1)
    with running(place):
        wait_until(lambda: crowd.taken["q"] and crowd.hanging, "the event of the living receiver")
    assert (crowd.taken["q"], crowd.hanging) == ([position], 1)


def test_a_receiver_far_behind_gets_everything_in_order_and_only_some_of_the_log_is_in_memory(
    place: Place, crowd: Crowd, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "LENGTH", 10)
    monkeypatch.setattr(window, "BYTES", 1)
    register(place, crowd, "quick", ["behind"])
    positions = plan(place, 95)
    register(place, crowd, "quick", ["ahead"])
    project(place)
    positions += plan(place, 3, since=95)
    one = courier(place)
    one.deliver()
    assert crowd.taken["behind"] == positions
    assert crowd.taken["ahead"] == positions[-3:]
    assert len(one._window._portions) == 1


def test_positions_passed_without_an_event_to_send_are_saved_together(place: Place, crowd: Crowd) -> None:
    register(place, crowd, "quick", range(20), types=("crm.order.*",))
    project(place)
    plan(place, 3)
    courier(place).deliver()
    with place.read_models.reader.connect() as connection:
        stored = deliveries.load(connection)
    assert {one.position for one in stored.values()} == {place.store.head()}
    assert len(stored) == 20


def test_a_webhook_is_read_again_only_if_it_has_changed(place: Place, crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have thousands of events, such as redeliveries, and is looked at before each turn."""
    register(place, crowd, "quick", ["only"])
    project(place)
    read: list[UUID] = []
    streams = place.store.streams

    def counted(ids: Sequence[UUID]) -> Any:
        read.extend(ids)
        return streams(ids)

    monkeypatch.setattr(place.store, "streams", counted)
    one = courier(place)
    for since in range(3):
        plan(place, 1, since)
        one.deliver()
    assert len(crowd.taken["only"]) == 3
    assert read.count(webhook("only")) == 1


@pytest.mark.parametrize("change", [webhooks.pause, webhooks.remove])
def test_a_webhook_that_is_changed_during_its_turn_is_sent_nothing_more(
    place: Place, crowd: Crowd, monkeypatch: pytest.MonkeyPatch, change: Callable[..., Any]
) -> None:
    register(place, crowd, "quick", ["changed", "other"])
    project(place)
    plan(place, 5)
    post = receiver.Receiver.post

    async def changing(self: receiver.Receiver, message: Message) -> int:
        status = await post(self, message)
        if len(crowd.taken["changed"]) == 2:
            await asyncio.to_thread(place.run, change, webhook_id=webhook("changed"))
        return status

    monkeypatch.setattr(receiver.Receiver, "post", changing)
    courier(place).deliver()
    assert [len(crowd.taken[name]) for name in ("changed", "other")] == [2, 5]


def test_the_log_of_deliveries_keeps_the_latest_tries(place: Place) -> None:
    tries = [attempts.Attempt(webhook(n % 2), "event", f"msg_{n}", n, place.now, 204, 3) for n in range(10)]
    with place.read_models.writer.begin() as connection:
        for one in tries:
            attempts.keep(connection, one)
        attempts.prune(connection, webhook(0), most=2)
        assert [row["event_position"] for row in attempts.latest(connection, webhook(0), None, 10)] == [8, 6]
        assert len(attempts.latest(connection, webhook(1), None, 10)) == 5
        attempts.expire(connection, place.now + attempts.LONGEST)
        assert len(attempts.latest(connection, webhook(1), None, 10)) == 5
        attempts.expire(connection, place.now + attempts.LONGEST * 2)
        assert not attempts.latest(connection, webhook(1), None, 10)


def test_positions_that_a_restore_passed_over_are_not_read_one_portion_after_the_other(
    place: Place, crowd: Crowd, reads: list[int]
) -> None:
    register(place, crowd, "quick", ["q"])
    project(place)
    before = plan(place, 1)
    place.store.raise_positions(place.store.head() + 100_000_000)
    after = plan(place, 1, since=1)
    reads.clear()
    courier(place).deliver()
    assert after[0] > before[0] + 100_000_000
    assert crowd.taken["q"] == before + after
    assert len(reads) < 6
