"""The executor at its limits: a full queue, an unavailable store, and closing."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future

import pytest

from commands.shared.commit import Commit, Committed, StoreUnavailable
from commands.shared.executor import Executor, OutcomeUnknown, Overloaded
from commands.shared.outcome import Outcome
from infra.event_store.store import EventStore
from tests.commands.event_stores import Watched, accepted, done, one, registering, running, together


class Gated(Watched):
    """A store whose commits wait until the gate opens."""

    def __init__(self, store: EventStore) -> None:
        super().__init__(store)
        self.committing, self.gate = threading.Event(), threading.Event()

    def commit(self, commit: Commit) -> Committed:
        self.committing.set()
        assert self.gate.wait(20)
        return super().commit(commit)


class Away(Watched):
    def commit(self, commit: Commit) -> Committed:
        raise StoreUnavailable("the store is away")


def test_a_full_queue_refuses_immediately_and_accepts_again_when_it_empties(store: EventStore) -> None:
    gated = Gated(store)
    with running(gated, queue=3) as executor:
        held = executor.submit(registering())
        assert gated.committing.wait(20)
        queued = [executor.submit(registering()) for _ in range(3)]
        with pytest.raises(Overloaded):
            executor.submit(registering())
        gated.gate.set()
        assert all(accepted(outcome) for outcome in done(held, *queued))
        assert accepted(one(executor, registering()))


def test_a_single_command_overtakes_the_commands_of_a_batch(store: EventStore) -> None:
    gated = Gated(store)
    with running(gated, batch=8) as executor:
        first = executor.submit(registering())
        assert gated.committing.wait(20)
        many = [executor.submit(registering(), of_many=True) for _ in range(30)]
        single = executor.submit(registering())
        gated.gate.set()
        [_, *of_many], [place] = _positions(first, *many), _positions(single)
    assert of_many == sorted(of_many)
    assert place <= 1 + 8 < of_many[-1]


def test_single_commands_leave_a_share_of_each_commit_to_the_commands_of_a_batch(store: EventStore) -> None:
    gated = Gated(store)
    with running(gated, batch=8) as executor:
        first = executor.submit(registering())
        assert gated.committing.wait(20)
        single = [executor.submit(registering()) for _ in range(30)]
        of_many = executor.submit(registering(), of_many=True)
        gated.gate.set()
        assert _positions(of_many)[0] <= 1 + 8 < max(_positions(first, *single))


def test_a_full_queue_of_batches_refuses_no_single_command(store: EventStore) -> None:
    gated = Gated(store)
    with running(gated, queue=3) as executor:
        first = executor.submit(registering())
        assert gated.committing.wait(20)
        many = [executor.submit(registering(), of_many=True) for _ in range(3)]
        with pytest.raises(Overloaded):
            executor.submit(registering(), of_many=True)
        single = executor.submit(registering())
        gated.gate.set()
        assert all(accepted(outcome) for outcome in done(first, single, *many))


def _positions(*futures: Future[Outcome]) -> list[int]:
    return [outcome.position for outcome in done(*futures)]


def test_closing_finishes_what_was_accepted_and_accepts_no_more(store: EventStore) -> None:
    executor = Executor(store)
    futures = together(executor, *(registering() for _ in range(300)))
    executor.close()
    assert all(future.done() for future in futures)
    assert store.head() == 300
    with pytest.raises(Overloaded):
        executor.submit(registering())


def test_closing_ends_in_time_when_the_store_is_away(store: EventStore) -> None:
    executor = Executor(Away(store))
    object.__setattr__(executor, "limits", type(executor.limits)(settle=0.5))
    futures = together(executor, *(registering() for _ in range(2000)))
    began = time.monotonic()
    executor.close()
    assert time.monotonic() - began < 3
    assert {type(future.exception(0)) for future in futures} == {OutcomeUnknown}


def test_a_caller_who_stops_waiting_does_not_stop_the_others(store: EventStore) -> None:
    gated = Gated(store)

    async def ask_and_leave(executor: Executor) -> Outcome:
        leaver = asyncio.ensure_future(executor.run(registering()))
        stayer = asyncio.ensure_future(executor.run(registering()))
        await asyncio.get_running_loop().run_in_executor(None, gated.committing.wait, 20)
        leaver.cancel()
        gated.gate.set()
        return await stayer

    with running(gated) as executor:
        waiting: Future[Outcome] = executor.submit(registering())
        assert not waiting.cancel()
        assert accepted(asyncio.run(ask_and_leave(executor)))
        assert accepted(done(waiting)[0])
    assert store.head() == 3
