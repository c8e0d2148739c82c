"""`recorded_at` never falls, on both engines, whatever the clocks of the writers say."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.customers.customer.customer import Customer
from domain.shared.aggregate import replayed
from domain.shared.events import Recorded
from domain.shared.ids import new_id
from infra.event_store.search import recorded_until
from infra.event_store.store import EventStore
from tests.commands.event_stores import accepted, done, one, opened, registering, running, tagging, together
from tests.domain.given import NOW
from tests.infra.event_store.test_event_store import execute

shifts = st.timedeltas(timedelta(days=-20), timedelta(days=20))


class Worker:
    """An executor with connections and a clock of its own, like that of another process on another machine."""

    def __init__(self, where: str, opened_here: ExitStack) -> None:
        self.now = NOW
        self.store = opened(where)
        opened_here.callback(self.store.close)
        self.executor: Executor = opened_here.enter_context(running(self.store, lambda: self.now))


@pytest.fixture
def workers(where: str, store: EventStore) -> Iterator[list[Worker]]:
    with ExitStack() as stack:
        yield [Worker(where, stack) for _ in range(3)]


def log(store: EventStore) -> list[Recorded]:
    return store.decode(store.log(0, 10_000))


def falls(recorded: list[Recorded]) -> list[tuple[int, datetime, datetime]]:
    times = [(one.position, one.metadata.recorded_at) for one in recorded]
    return [(at, before, then) for (_, before), (at, then) in itertools.pairwise(times) if then < before]


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 2), shifts, st.integers(1, 3)), min_size=2, max_size=8))
def test_recorded_times_rise_with_the_positions_whatever_each_clock_says(
    store: EventStore, workers: list[Worker], steps: list[tuple[int, timedelta, int]]
) -> None:
    head = store.head()
    for number, shift, commands in steps:
        workers[number].now = NOW + shift
        assert all(accepted(outcome) for outcome in done(*together(workers[number].executor, *many(commands))))
    recorded = log(store)
    assert falls(recorded) == []
    assert len(recorded) - len([one for one in recorded if one.position <= head]) == sum(step[2] for step in steps)
    assert all(one.metadata.occurred_at <= one.metadata.recorded_at for one in recorded)


def many(count: int) -> list[Command]:
    return [registering() for _ in range(count)]


def test_recorded_times_rise_while_workers_with_different_clocks_commit_at_the_same_time(
    store: EventStore, workers: list[Worker]
) -> None:
    def work(worker: Worker, ahead: timedelta) -> None:
        for second in range(20):
            worker.now = NOW + ahead + timedelta(seconds=second)
            one(worker.executor, registering())

    threads = [
        threading.Thread(target=work, args=(worker, timedelta(hours=hours)))
        for worker, hours in zip(workers, (0, -1, 1), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorded = log(store)
    assert len(recorded) == 60
    assert falls(recorded) == []


def test_a_raised_time_changes_neither_the_fact_nor_when_it_occurred_nor_its_sealed_values(
    store: EventStore, workers: list[Worker]
) -> None:
    ahead, behind, _ = workers
    ahead.now = NOW + timedelta(days=9, microseconds=1)
    one(ahead.executor, registering())
    id = new_id()
    assert accepted(one(behind.executor, registering(id, "Grace Hopper")))
    assert accepted(one(behind.executor, tagging(id, "vip")))
    registered, tagged = store.streams([id])[id]
    assert registered.event.name == "Grace Hopper"  # type: ignore[attr-defined]
    assert [one.metadata.recorded_at for one in (registered, tagged)] == [ahead.now, ahead.now]
    assert [one.metadata.occurred_at for one in (registered, tagged)] == [NOW, NOW]
    again = replayed(Customer, id, store.streams([id])[id])
    assert (again.version, behind.executor._cache.take(id).version) == (2, 2)  # type: ignore[union-attr]


def test_the_time_does_not_fall_after_a_restart_with_a_clock_that_was_set_back(where: str, store: EventStore) -> None:
    with running(store, lambda: NOW + timedelta(days=9)) as executor:
        one(executor, registering())
    again = opened(where)
    with running(again, lambda: NOW) as executor:
        one(executor, registering())
    again.close()
    assert [one.metadata.recorded_at - NOW for one in log(store)] == [timedelta(days=9)] * 2


def test_the_time_does_not_fall_after_an_event_that_is_damaged(where: str, store: EventStore) -> None:
    with running(store, lambda: NOW) as executor:
        for _ in range(3):
            one(executor, registering())
    last = store.head()
    damage(where, after=last - 2)
    assert after_a_restart(where) == NOW


def damage(where: str, after: int) -> None:
    """Cuts off the states of all events after the position."""
    at = "notification_id" if where.startswith("postgresql://") else "rowid"
    cut = "substring(state FOR 30)" if where.startswith("postgresql://") else "substr(state, 1, 30)"
    execute(where, f"UPDATE stored_events SET state = {cut} WHERE {at} > {after}")


def test_a_position_was_recorded_when_its_event_was_or_else_the_last_one_before_it_that_shows_its_time(
    where: str, store: EventStore, workers: list[Worker]
) -> None:
    assert recorded_until(store, store.head()) == datetime(1970, 1, 1, tzinfo=UTC)
    moments = [NOW + timedelta(hours=hours) for hours in range(4)]
    for workers[0].now in moments:
        one(workers[0].executor, registering())
    positions = {recorded.position: recorded.metadata.recorded_at for recorded in log(store)}
    assert set(positions.values()) == set(moments)
    assert {position: recorded_until(store, position) for position in positions} == positions
    damage(where, after=max(position for position, at in positions.items() if at == moments[1]))
    assert recorded_until(store, store.head()) == moments[1]


def after_a_restart(where: str) -> datetime:
    """When a fact is recorded by a new process, with its clock a day behind."""
    store, id = opened(where), new_id()
    with running(store, lambda: NOW - timedelta(days=1)) as executor:
        assert accepted(one(executor, registering(id)))
    recorded = store.streams([id])[id][0].metadata.recorded_at
    store.close()
    return recorded


def test_a_process_that_remembers_what_it_wrote_last_also_sees_what_another_one_wrote(
    store: EventStore, workers: list[Worker]
) -> None:
    first, second, _ = workers
    second.now = NOW + timedelta(hours=1)
    for worker in (first, first, second, first, first):
        assert accepted(one(worker.executor, registering()))
    hour = timedelta(hours=1)
    assert [one.metadata.recorded_at - NOW for one in log(store)] == [timedelta(), timedelta(), hour, hour, hour]


def test_on_a_log_without_any_readable_event_the_clock_counts(tmp_path: Path) -> None:
    where = str(tmp_path / "events.db")
    store = opened(where)
    with running(store, lambda: NOW) as executor:
        one(executor, registering())
    execute(where, "UPDATE stored_events SET state = 7")
    store.close()
    assert after_a_restart(where) == NOW - timedelta(days=1)
