"""The position up to which an answer is complete.

Positions only rise, so a position that was read a few milliseconds ago is still true, though it may be too low. All waiting
requests share one query: after a commit of a read model that one of them needs, if the projector is in this process, or every
few milliseconds if it is not.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from enum import Enum
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, func, select

from infra.read_models import checkpoints
from infra.read_models.database import ReadModels
from infra.read_models.ground import SOUND
from infra.read_models.positions import dead_letters, positions
from infra.routing import complete_up_to, partition_of

FRESH = 0.005
# A projector in this process wakes the waiting requests. Other changes, such as the end of a rebuild, are found by looking.
SELDOM = 0.05

_FIRST_DEAD_LETTERS = (
    select(dead_letters.c.projection, func.min(dead_letters.c.position))
    .where(dead_letters.c.discarded == 0)
    .group_by(dead_letters.c.projection)
)


_POSITIONS = select(positions.c.projection, positions.c.partition, positions.c.position, SOUND.label("sound"))


class _Seen(NamedTuple):
    at: float
    complete: Mapping[str, Mapping[int, int]]
    first_dead_letters: Mapping[str, int]

    furthest: int = 0


NOTHING = _Seen(float("-inf"), {}, {})


class Of(Enum):
    """What else than one subject or all subjects can be needed of a read model."""

    PARTITIONS = "partitions"
    """That all its partitions are far enough, for all who wait."""


Needed = Mapping[str, UUID | Of | None]
"""Read models by name, each with the one subject that is needed, or None for all."""


class _Waiter(msgspec.Struct, eq=False):
    """A request that waits until the read models reach the position `after`."""

    needed: Needed
    after: int
    ready: asyncio.Future[None]


class Completeness:
    """Answers from the stored positions and, if there is a `topic`, from the position up to which the log was sent to it.

    A subject with dead letters is complete up to the position before the first of them. An answer about all subjects is
    complete up to the lowest position of any subject. While something is ahead of the log, no answer is complete beyond the
    last position at which the log is certainly as it was.
    """

    def __init__(self, read_models: ReadModels, partitions: int = 1, topic: str | None = None) -> None:
        self._read_models, self._partitions, self._topic = read_models, partitions, topic
        self._seen = NOTHING
        self._looking = threading.Lock()
        self._shared_look: asyncio.Task[None] | None = None
        self._waiters: list[_Waiter] = []
        self._watcher: asyncio.Task[None] | None = None
        self._call: asyncio.Event
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pause = FRESH if topic else SELDOM

    def up_to(self, projection: str, subject: UUID | None = None) -> int:
        """The position up to which the rows of the subject, or all rows, are complete; 0 if the projection never started."""
        self._look()
        return self._answer(self._seen, projection, subject)

    def seen_by(self, connection: Connection, projection: str, subject: UUID | None = None) -> int:
        """Like `up_to`, but as this connection sees it: in a snapshot, it is the position of the rows read there."""
        return self._answer(self._read(connection), projection, subject, connection)

    async def is_reached(self, position: int) -> bool:
        """Whether some read model has reached the position. Then the log has it."""
        if position > self._seen.furthest:
            await self._look_together()
        return position <= self._seen.furthest

    def followed_by(self, connection: Connection, projection: str) -> int:
        """The position that all partitions have reached, as this connection sees it. Dead letters do not lower it."""
        return min(self._complete(connection).get(projection, {0: 0}).values())

    def has_waiting(self, names: Iterable[str]) -> bool:
        """Whether subjects waited in one of these read models when they were looked at last."""
        return not self._seen.first_dead_letters.keys().isdisjoint(names)

    def last_sent(self) -> Mapping[int, int]:
        """The last position that was sent to each partition; empty if there is no topic."""
        if self._topic is None:
            return {}
        with self._read_models.reader.connect() as connection:
            checkpoint = checkpoints.load(connection, self._topic)
        return checkpoint.last if checkpoint else {}

    async def wait(self, needed: Needed, after: int, timeout: float = 5.0) -> dict[str, int]:
        """Like `up_to`, for each read model. Waits up to `timeout` seconds in all until all have reached position `after`.

        A result may still be lower. Raises the errors of the database.
        """
        deadline = time.monotonic() + timeout
        await self._look_together()
        reached = await self._reached(needed)
        if min(reached.values()) >= after:
            return reached
        await self._wait(_Waiter(needed, after, asyncio.get_running_loop().create_future()), deadline - time.monotonic())
        return await self._reached(needed)

    def wake(self, projection: str) -> None:
        """Looks again for the requests that wait for this read model, which has just committed. For any thread."""
        if any(projection in waiter.needed for waiter in tuple(self._waiters)):
            assert self._loop is not None, "a request waits in a loop"
            with suppress(RuntimeError):  # The loop has just closed, and its requests with it.
                self._loop.call_soon_threadsafe(self._call.set)

    async def _wait(self, waiter: _Waiter, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        if self._watcher is None or self._watcher.done() or loop is not self._loop:
            self._loop, self._call = loop, asyncio.Event()
            self._watcher = asyncio.create_task(self._watch())
        self._waiters.append(waiter)
        try:
            # A commit may have come after this request looked and before it began to wait.
            self._call.set()
            await asyncio.wait([waiter.ready], timeout=timeout)
        finally:
            self._waiters.remove(waiter)
            waiter.ready.cancel()
        if not waiter.ready.cancelled():
            waiter.ready.result()

    async def _watch(self) -> None:
        """Looks for all waiting requests together, until no request waits."""
        while self._waiters:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._call.wait(), self._pause)
            self._call.clear()
            waiters = tuple(self._waiters)
            try:
                ready = await asyncio.to_thread(self._ready, waiters)
            except Exception as error:
                for waiter in waiters:
                    _end(waiter, error)
            else:
                for waiter in ready:
                    _end(waiter)

    def _ready(self, waiters: Iterable[_Waiter]) -> list[_Waiter]:
        self._look(again=True)
        return [waiter for waiter in waiters if min(self._answers(waiter.needed).values()) >= waiter.after]

    async def _reached(self, needed: Needed) -> dict[str, int]:
        """The answers. A subject's first dead letter is a query of its own, which must not hold the loop up."""
        if any(isinstance(subject, UUID) and name in self._seen.first_dead_letters for name, subject in needed.items()):
            return await asyncio.to_thread(self._answers, needed)
        return self._answers(needed)

    def _answers(self, needed: Needed) -> dict[str, int]:
        return {name: self._answer(self._seen, name, subject) for name, subject in needed.items()}

    def _answer(self, seen: _Seen, projection: str, subject: UUID | Of | None, connection: Connection | None = None) -> int:
        complete = seen.complete.get(projection)
        if complete is None:
            return 0
        first = seen.first_dead_letters.get(projection)
        if subject is Of.PARTITIONS:
            return min(complete.values())
        if subject is None:
            reached = min(complete.values())
        else:
            reached = complete[partition_of(subject, self._partitions)]
            first = None if first is None else self._first_dead_letter_of(projection, subject, connection)
        return reached if first is None else min(reached, first - 1)

    async def _look_together(self) -> None:
        if self._is_fresh():
            return
        if self._shared_look is None or self._shared_look.done():
            self._shared_look = asyncio.create_task(asyncio.to_thread(self._look))
        await asyncio.shield(self._shared_look)

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._seen.at < FRESH

    def _look(self, *, again: bool = False) -> None:
        """Reads the positions; without `again`, only if those that are known are not fresh."""
        with self._looking:
            if again or not self._is_fresh():
                with self._read_models.reader.connect() as connection:
                    self._seen = self._read(connection)

    def _read(self, connection: Connection) -> _Seen:
        at = time.monotonic()
        # Read dead letters after positions: in the other order, a dead letter made between the two reads would be missed.
        complete = self._complete(connection)
        furthest = max((max(reached.values()) for reached in complete.values()), default=0)
        return _Seen(at, complete, _first_dead_letters(connection), furthest)

    def _complete(self, connection: Connection) -> dict[str, dict[int, int]]:
        held: dict[str, dict[int, int]] = {}
        sound: int | None = None
        for row in connection.execute(_POSITIONS):
            known = held.setdefault(row.projection, dict.fromkeys(range(self._partitions), 0))
            if row.partition in known:
                known[row.partition] = row.position
            sound = row.sound
        checkpoint = checkpoints.load(connection, self._topic) if self._topic else None
        if checkpoint is not None:
            held = {name: complete_up_to(each, checkpoint.routed, checkpoint.last) for name, each in held.items()}
        return held if sound is None else _at_most(sound, held)

    def _first_dead_letter_of(self, projection: str, subject: UUID, connection: Connection | None) -> int | None:
        query = select(func.min(dead_letters.c.position)).where(
            dead_letters.c.projection == projection, dead_letters.c.subject == subject, dead_letters.c.discarded == 0
        )
        with nullcontext(connection) if connection else self._read_models.reader.connect() as asked:
            first: int | None = asked.execute(query).scalar()
        return first


def _at_most(sound: int, held: Mapping[str, Mapping[int, int]]) -> dict[str, dict[int, int]]:
    """While something is ahead of the log, later rows may be of events that the log does not have."""
    return {name: {partition: min(at, sound) for partition, at in each.items()} for name, each in held.items()}


def _end(waiter: _Waiter, error: Exception | None = None) -> None:
    if not waiter.ready.done():
        waiter.ready.set_exception(error) if error else waiter.ready.set_result(None)


def _first_dead_letters(connection: Connection) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(_FIRST_DEAD_LETTERS)}
