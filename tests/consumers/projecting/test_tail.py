"""The embedded source: the log itself, read as one partition."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from infra.read_models.completeness import Completeness
from infra.read_models.tables import prepare
from infra.routing import Held
from tests.consumers.tallies import SUBJECTS, Added, Tallies, World, sqlite_world
from tests.waiting import PATIENCE, wait_until


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = sqlite_world(tmp_path)
    yield world
    world.close()


def record_and_wake(world: World, tail: Tail) -> None:
    record(world, 1)
    tail.wake()


def record(world: World, count: int) -> None:
    world.record(*[(SUBJECTS[0], Added(amount=1)) for _ in range(count)])


def test_every_message_names_the_one_before_it(world: World) -> None:
    record(world, 3)
    messages = Tail(world.store).poll(0)
    assert [(m.partition, m.previous, m.offset, m.stored.position) for m in messages] == [
        (0, 0, 1, 1),
        (0, 1, 2, 2),
        (0, 2, 3, 3),
    ]


def test_it_continues_from_the_position_that_it_seeks(world: World) -> None:
    record(world, 5)
    tail = Tail(world.store, batch=2)
    tail.seek(0, Held(3, 4, "log"))
    assert [(m.previous, m.stored.position) for m in tail.poll(0)] == [(3, 4), (4, 5)]
    assert tail.poll(0) == []
    tail.seek(0, Held(0, 0, "log"))
    assert [m.stored.position for m in tail.poll(0)] == [1, 2]


def test_wake_ends_the_pause_early(world: World) -> None:
    tail = Tail(world.store)
    tail.poll(0.3)
    tail._pause = 30.0
    recording = threading.Thread(target=record_and_wake, args=(world, tail))
    recording.start()
    begun = time.monotonic()
    assert len(tail.poll(30)) == 1
    assert time.monotonic() - begun < 10
    recording.join()


def test_poll_returns_nothing_if_nothing_happens(world: World) -> None:
    assert Tail(world.store).poll(0.01) == []
    assert Tail(world.store).assigned() == {0}


def test_a_projector_that_waits_for_events_ends_at_once_when_it_is_stopped(world: World) -> None:
    tail = Tail(world.store)
    waiting = threading.Thread(target=tail.poll, args=(PATIENCE,))
    waiting.start()
    Projector([Tallies().projection], tail, world.store, world.read_models, 1).stop()
    waiting.join(PATIENCE / 2)
    assert not waiting.is_alive()
    assert tail.poll(PATIENCE) == []


def test_a_projector_runs_in_a_thread_and_ends_when_it_is_stopped(world: World) -> None:
    tallies = Tallies()
    tail = Tail(world.store)
    projector = Projector([tallies.projection], tail, world.store, world.read_models, 1)
    thread = threading.Thread(target=projector.run)
    thread.start()
    prepare(world.read_models)
    completeness = Completeness(world.read_models)
    for count in range(1, 6):
        [position] = world.record((SUBJECTS[0], Added(amount=count)))
        tail.wake()
        wait_until(partial(is_complete, completeness, position), f"position {position} is projected")
    projector.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert world.rows(tallies) == world.recomputed(tallies)


def is_complete(completeness: Completeness, position: int) -> bool:
    return completeness.up_to("tallies") >= position
