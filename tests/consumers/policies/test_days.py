"""The clock that ends days, at times that the test sets."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from commands.shared.executor import Executor
from consumers.policies.days import Days
from domain.operations.calendar import Calendar, DayEnded
from infra.event_store.mapper import Mapper
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from tests.domain.given import NOW
from tests.waiting import PATIENCE


class Place:
    """An event store, and clocks that end its days; all clocks show the time `now`."""

    def __init__(self, folder: Path) -> None:
        self.now, self.trusts = NOW, True
        self.store = EventStore(SqliteRecorder(folder / "events.db"), Mapper(Calendar.events), Vault(b"k" * 32))
        self._opened = ExitStack()
        self._opened.callback(self.store.close)

    def clock(self, zone: str = "UTC") -> Days:
        """A clock that runs like in a separate process."""
        executor = Executor(self.store, clock=lambda: self.now)
        self._opened.callback(executor.close)
        return Days(executor, self.store, zone, lambda: self.now, lambda: self.trusts)

    def ended(self) -> list[date]:
        events = [recorded.event for recorded in self.store.decode(self.store.log(0, 10_000))]
        return [event.day for event in events if isinstance(event, DayEnded)]

    def close(self) -> None:
        self._opened.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.close()


def march(*days: int) -> list[date]:
    return [date(2026, 3, day) for day in days]


def test_on_a_store_without_ended_days_only_yesterday_ends(place: Place) -> None:
    assert place.clock().end_days() == march(1)
    assert place.ended() == march(1)


def test_a_day_ends_once_even_if_the_clock_looks_several_times(place: Place) -> None:
    days = place.clock()
    days.end_days()
    assert days.end_days() == []
    assert place.clock().end_days() == []
    assert place.ended() == march(1)


def test_each_day_ends_when_it_is_over(place: Place) -> None:
    days = place.clock()
    days.end_days()
    place.now = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)
    assert days.end_days() == []
    place.now += timedelta(seconds=1)
    assert days.end_days() == march(2)


def test_after_a_pause_every_day_since_the_last_one_ends(place: Place) -> None:
    place.clock().end_days()
    place.now += timedelta(days=3)
    assert place.clock().end_days() == march(2, 3, 4)


def test_no_day_ends_while_the_clock_is_doubted_and_then_all_that_are_over(place: Place) -> None:
    days = place.clock()
    days.end_days()
    place.now += timedelta(days=9)
    place.trusts = False
    assert days.end_days() == []
    assert place.clock().end_days() == []
    place.now -= timedelta(days=6)
    place.trusts = True
    assert days.end_days() == march(2, 3, 4)


def test_after_more_than_a_year_the_days_restart_with_yesterday(place: Place) -> None:
    place.clock().end_days()
    place.now += timedelta(days=400)
    assert place.clock().end_days() == [place.now.date() - timedelta(days=1)]


def test_a_day_ends_at_midnight_in_the_stores_time_zone(place: Place) -> None:
    days = place.clock("Asia/Shanghai")
    place.now = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)
    assert days.end_days() == march(1)
    place.now += timedelta(minutes=1)
    assert days.end_days() == march(2)
    [stored] = place.store.decode(place.store.log(1, 1))
    assert stored.metadata.occurred_at == datetime(2026, 3, 2, 16, tzinfo=UTC)


def test_processes_that_end_the_same_day_at_the_same_time_end_it_once(place: Place) -> None:
    clocks = [place.clock() for _ in range(4)]
    threads = [threading.Thread(target=days.end_days) for days in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.ended() == march(1)


def test_the_clock_ends_when_it_is_stopped(place: Place) -> None:
    days = place.clock()
    thread = threading.Thread(target=days.run)
    thread.start()
    days.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_day_whose_event_is_damaged_has_ended_and_later_days_end(place: Place, tmp_path: Path) -> None:
    place.clock().end_days()
    with closing(sqlite3.connect(tmp_path / "events.db")) as file, file:
        file.execute("UPDATE stored_events SET state = x'7b'")
    assert place.clock().end_days() == []
    place.now += timedelta(days=1)
    assert place.clock().end_days() == march(2)
