"""The windows of the relay: read ahead or not, they are the same, and what the log has lost since is not sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
import structlog
from sqlalchemy import text

from consumers.window import Window, Windows
from infra.event_store.store import EventStore
from infra.kafka.headers import Record
from infra.kafka.producer import WINDOW_MESSAGES, Producer
from infra.read_models.checkpoints import Checkpoint
from tests.consumers.place import Place, place_at
from tests.consumers.reading import read_all, running
from tests.consumers.things import Announced, Made, commit, mixed
from tests.waiting import wait_until

pytestmark = pytest.mark.servers

START = Checkpoint("t", 12, 0, {})


@pytest.fixture
def place(recording_database_url: str, bootstrap: str, topic_name: str) -> Iterator[Place]:
    with place_at(recording_database_url, bootstrap, topic_name) as place:
        yield place


def windows_of(store: EventStore, meanwhile: Callable[[Windows], None]) -> list[Window]:
    windows, found = Windows(store, START), list[Window]()
    while window := windows.next():
        found.append(window)
        meanwhile(windows)
    return found


def test_windows_that_were_prepared_are_those_that_are_read_in_turn(place: Place) -> None:
    commit(place.store, [*mixed(1200), *(Announced(words="a" * 9_000) for _ in range(20)), *mixed(2000, start=1200)])
    in_turn = windows_of(place.store, lambda _: None)
    assert windows_of(place.store, Windows.prepare) == in_turn
    assert len(in_turn) > 4
    assert sum(window.events for window in in_turn) == 3220


def test_nothing_is_read_ahead_when_the_log_had_no_more(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(place.store, mixed(10))
    windows = Windows(place.store, START)
    first = windows.next()
    [later] = commit(place.store, [Made(size=1)])
    with monkeypatch.context() as patch:
        patch.setattr(EventStore, "log", None)
        windows.prepare()
    second = windows.next()
    assert first
    assert second
    assert (first.events, second.events, second.routed) == (10, 1, later)


def test_events_that_were_read_ahead_and_that_the_log_then_lost_are_not_sent(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(place.store, [Made(size=n) for n in range(WINDOW_MESSAGES + 500)])
    [kept, *_] = place.store.log(WINDOW_MESSAGES - 1, 1)
    send = Producer.send

    def lose(self: Producer, topic: str, window: Sequence[Record], meanwhile: Callable[[], None]) -> None:
        send(self, topic, window, meanwhile)
        with place.read_models.writer.begin() as connection:
            connection.execute(text("DELETE FROM stored_events WHERE notification_id > :kept"), {"kept": kept.position})

    monkeypatch.setattr(Producer, "send", lose)
    with structlog.testing.capture_logs() as logs, running(place.relay()):
        wait_until(lambda: "relay.waits_for_repair" in [line["event"] for line in logs], "the relay waits")
    assert {message.stored.position for message in read_all(place.bootstrap, place.topic)} == set(range(1, kept.position + 1))
