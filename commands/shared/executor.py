"""Runs many commands in one durable commit.

Callers wait in a queue. One committer thread takes the waiting commands, runs them in order against cached aggregates, and
commits all events together. The next batch starts when this one is settled. A commit that finds a stale stream writes
nothing. Then the whole batch runs again, with its refusals and repeats, so that no answer comes from a stale cache. If one
command makes the commit of its batch fail, nothing is written, and each command of the batch runs alone. If other workers are
faster again and again, the batch is divided, so that it needs fewer streams at a time.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
import structlog

from commands.shared.batch import Batch, Command, Learned
from commands.shared.cache import Cache
from commands.shared.commit import (
    Commit,
    Committed,
    ContactsHeld,
    EventStore,
    NumbersTaken,
    ReceiptsTaken,
    Stale,
    StoreUnavailable,
)
from commands.shared.outcome import Outcome
from domain.shared.aggregate import FUTURE_TOLERANCE

log = structlog.get_logger()

T = TypeVar("T")

RERUNS = 50
PATIENT_RERUNS = 3
CLOSE_GRACE = 15.0
# This part of each batch is for commands that are one of many, so that they go on, however many single ones there are.
SHARE_OF_MANY = 4


class Overloaded(Exception):
    """The queue is full. Nothing was done; a retry in a moment may succeed."""


class OutcomeUnknown(Exception):
    """The store did not answer in time. A retry with the same idempotency key returns the command's outcome."""


class _Overtaken(Exception):
    """Other workers were faster each time the batch was run. Nothing was written."""


class Limits(msgspec.Struct, frozen=True):
    """Upper limits: `batch` commands per commit, `queue` waiting commands of each kind, `cache` aggregates kept in memory.

    `settle` is the number of seconds in which a batch must be settled.
    """

    batch: int = 256
    queue: int = 4096
    cache: int = 50_000
    settle: float = 30.0


class _Waiting(msgspec.Struct, eq=False):
    command: Command
    future: asyncio.Future[Outcome] | Future[Outcome]
    loop: asyncio.AbstractEventLoop | None = None


class Executor:
    def __init__(self, store: EventStore, limits: Limits | None = None, clock: Callable[[], datetime] | None = None) -> None:
        self.limits = limits or Limits()
        self._store = store
        self._cache = Cache(self.limits.cache)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._last = datetime.min.replace(tzinfo=UTC)
        self._single: deque[_Waiting] = deque()
        self._many: deque[_Waiting] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._end = math.inf
        self._in_hand: list[_Waiting] = []
        self._committer = threading.Thread(target=self._commit_batches, name="committer", daemon=True)
        self._committer.start()

    async def run(self, command: Command, *, of_many: bool = False) -> Outcome:
        """The command's outcome, once it is durable; a refusal is an outcome too. Raises Overloaded, OutcomeUnknown.

        A command that is one `of_many` gives way to single ones.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._enqueue([_Waiting(command, future, loop)], of_many)
        return await future

    def submit(self, command: Command, *, of_many: bool = False) -> Future[Outcome]:
        """Like `run`, for callers in threads."""
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()
        self._enqueue([_Waiting(command, future)], of_many)
        return future

    def submit_all(self, commands: Sequence[Command]) -> list[Future[Outcome]]:
        """Like `submit`, for some of many commands, which a commit takes together. Accepts all of them or none."""
        futures: list[Future[Outcome]] = [Future() for _ in commands]
        for future in futures:
            future.set_running_or_notify_cancel()
        self._enqueue([_Waiting(command, future) for command, future in zip(commands, futures, strict=True)], of_many=True)
        return futures

    def waiting(self) -> int:
        """The number of commands that wait in the queues."""
        return len(self._single) + len(self._many)

    def forget(self) -> None:
        """Keeps no aggregate in memory: the log may say something else than before. May be called from any thread."""
        self._cache = Cache(self.limits.cache)

    def close(self) -> None:
        """Accepts no more commands, finishes the accepted ones, and ends. After `settle` seconds the rest is OutcomeUnknown."""
        with self._ready:
            self._closing = True
            self._end = time.monotonic() + self.limits.settle
            self._ready.notify_all()
        self._committer.join(self.limits.settle + CLOSE_GRACE)
        if self._committer.is_alive():
            left = [*self._in_hand, *self._single, *self._many]
            log.error("closing without an answer of the event store", commands=len(left))
            _answer(left, [OutcomeUnknown("the event store did not answer") for _ in left])

    def _enqueue(self, waiting: Sequence[_Waiting], of_many: bool) -> None:
        """Accepts all of them or none."""
        queue = self._many if of_many else self._single
        with self._ready:
            if self._closing or len(queue) + len(waiting) > self.limits.queue:
                raise Overloaded
            queue.extend(waiting)
            self._ready.notify()

    def _take(self) -> list[_Waiting]:
        with self._ready:
            while not (self._single or self._many or self._closing):
                self._ready.wait()
            kept = min(len(self._many), self.limits.batch // SHARE_OF_MANY)
            taken = _first(self._single, self.limits.batch - kept)
            return taken + _first(self._many, self.limits.batch - len(taken))

    def _commit_batches(self) -> None:
        while taken := self._take():
            self._in_hand = taken
            deadline = min(time.monotonic() + self.limits.settle, self._end)
            _answer(taken, self._settle([waiting.command for waiting in taken], deadline))
            self._in_hand = []

    def _settle(self, commands: list[Command], deadline: float) -> Sequence[Outcome | BaseException]:
        try:
            return self._outcomes(commands, deadline)
        except _Overtaken:
            half = len(commands) // 2
            return [*self._settle(commands[:half], deadline), *self._settle(commands[half:], deadline)]
        except OutcomeUnknown as unknown:
            return [OutcomeUnknown(str(unknown)) for _ in commands]
        except BaseException as error:
            frames = traceback.format_tb(error.__traceback__)
            log.error("batch failed", commands=len(commands), error=type(error).__name__, frames=frames)
            if len(commands) == 1:
                return [error]
        return [end for command in commands for end in self._settle([command], deadline)]

    def _outcomes(self, commands: list[Command], deadline: float) -> Sequence[Outcome | BaseException]:
        """Runs and commits until the commit finds nothing stale. A failed run caches nothing, so the next one reads again."""
        learned = Learned()
        for rerun in range(RERUNS):
            if rerun > PATIENT_RERUNS and len(commands) > 1:
                raise _Overtaken
            batch = self._patiently(partial(self._run, commands, learned), deadline)
            try:
                committed = self._commit(batch, deadline)
            except NumbersTaken as numbers:
                learned.numbers |= numbers.taken
            except ContactsHeld as held:
                learned.holders |= held.holders
            except (Stale, ReceiptsTaken) as stale:
                log.debug("batch runs again", reason=str(stale))
            else:
                self._cache.keep(batch.kept())
                return batch.outcomes(committed)
        raise OutcomeUnknown("other workers changed the streams faster than the batch could run")

    def _run(self, commands: list[Command], learned: Learned) -> Batch:
        batch = Batch(self._store, self._cache, self._now(), commands, learned)
        batch.run()
        self._last = batch.now
        return batch

    def _commit(self, batch: Batch, deadline: float) -> Committed:
        """Commits under one batch id, also if the commit must be sent several times."""
        commit = Commit(uuid4(), batch.events, batch.read_set(), batch.claims, batch.receipts, batch.asked)
        if not (commit.events or commit.read or commit.receipts or commit.asked):
            return Committed((), self._patiently(self._store.head, deadline))
        return self._patiently(lambda: self._store.commit(commit), deadline)

    def _patiently(self, work: Callable[[], T], deadline: float) -> T:
        pause = 0.05
        while time.monotonic() < deadline:
            try:
                return work()
            except StoreUnavailable as error:
                log.warning("store unavailable, trying again", error=str(error))
                time.sleep(min(pause, max(deadline - time.monotonic(), 0.0)))
                pause = min(pause * 2, 1.0)
        raise OutcomeUnknown("the event store did not answer in time")

    def _now(self) -> datetime:
        """The clock's time, not a little earlier than the time it gave before. A clock that is set back by more was wrong."""
        now = self._clock()
        return self._last if now < self._last <= now + FUTURE_TOLERANCE else now


def _first(queue: deque[_Waiting], count: int) -> list[_Waiting]:
    return [queue.popleft() for _ in range(min(len(queue), count))]


def _answer(taken: Sequence[_Waiting], answers: Sequence[Outcome | BaseException]) -> None:
    """Gives each caller its answer; callers on the same event loop are woken together."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Outcome | BaseException]]] = {}
    for waiting, answer in zip(taken, answers, strict=True):
        if waiting.loop is None:
            _resolve(waiting.future, answer)
        else:
            by_loop.setdefault(waiting.loop, []).append((waiting.future, answer))
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, pairs)
        except RuntimeError:
            log.warning("the event loop has ended before its commands were answered", commands=len(pairs))


def _resolve_all(pairs: Sequence[tuple[Any, Outcome | BaseException]]) -> None:
    for future, answer in pairs:
        _resolve(future, answer)


def _resolve(future: Any, answer: Outcome | BaseException) -> None:
    with suppress(InvalidStateError, asyncio.InvalidStateError):
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)
