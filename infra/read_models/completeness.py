"""The position up to which an answer is complete.

Positions only rise, so a position that was read a few milliseconds ago is still true, though it may be too low. All waiting
requests share one query: after a commit of a read model that one of them needs, if the projector is in this process, or every
few milliseconds if it is not.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, cast, func, select

from infra.read_models import checkpoints
from infra.read_models.database import ReadModels
from infra.read_models.ground import SOUND
from infra.read_models.positions import checkpoints as sent_positions
from infra.read_models.positions import dead_letters, positions
from infra.read_models.sent import Sent, complete_up_to, remembered
from infra.routing import partition_of

FRESH = 0.005
# A projector in this process wakes the waiting requests. Other changes, such as the end of a rebuild, are found by looking.
SELDOM = 0.05


def _now() -> Select[Any]:
    """All that the answers are computed from, in one row: texts that are compared before they are parsed.

    It is one statement, so it sees one moment: a position without a dead letter that was made before it would claim too much.
    """
    place, letter, sent = positions.c, dead_letters.c, sent_positions.c
    held = select(_lines(place.projection, cast(place.partition, Text), cast(place.position, Text)))
    waiting = select(letter.projection, func.min(letter.position).label("first")).where(letter.discarded == 0)
    first = waiting.group_by(letter.projection).subquery().c
    of_topic = sent.topic == bindparam("topic", type_=Text())
    return select(
        held.scalar_subquery().label("held"),
        select(_lines(first.projection, cast(first.first, Text))).scalar_subquery().label("first"),
        SOUND.label("sound"),
        select(sent.routed).where(of_topic).scalar_subquery().label("routed"),
        select(sent.last).where(of_topic).scalar_subquery().label("sent"),
    )


def _lines(*columns: ColumnElement[str]) -> ColumnElement[str]:
    """The columns of all rows as one text: a line for each row, with spaces between the values."""
    line = columns[0]
    for column in columns[1:]:
        line = line.concat(" ").concat(column)
    return func.aggregate_strings(line, "\n")


_NOW = _now()


class _Seen(NamedTuple):
    """`lowest` is the position that all partitions of a read model have reached; `sent` has the moments that are remembered."""

    at: float
    complete: Mapping[str, Mapping[int, int]]
    lowest: Mapping[str, int]
    first_dead_letters: Mapping[str, int]

    furthest: int = 0
    sent: Sequence[Sent] = ()


NOTHING = _Seen(float("-inf"), {}, {}, {})


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
    last position at which the log is certainly as it was. What had been sent at earlier looks is remembered: see `sent`.
    """

    def __init__(self, read_models: ReadModels, partitions: int = 1, topic: str | None = None) -> None:
        self._read_models, self._partitions, self._topic = read_models, partitions, topic
        self._seen = NOTHING
        self._parsed: tuple[tuple[Any, ...], _Seen] = ((), NOTHING)
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
        return self._read(connection).lowest.get(projection, 0)

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
        reached = seen.lowest.get(projection, 0)
        first = seen.first_dead_letters.get(projection)
        if subject is Of.PARTITIONS or projection not in seen.complete:
            return reached
        if subject is not None:
            reached = seen.complete[projection][partition_of(subject, self._partitions)]
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
        now = tuple(connection.execute(_NOW, {"topic": self._topic or ""}).one())
        before, seen = self._parsed
        if now != before:
            seen = self._parse(*now)
            self._parsed = now, seen
        return seen._replace(at=at)

    def _parse(self, held: str | None, first: str | None, sound: int | None, routed: int | None, sent: str | None) -> _Seen:
        complete = self._held(held or "")
        moments: Sequence[Sent] = ()
        if routed is not None and sent is not None:
            moments = remembered(self._seen.sent, Sent(routed, msgspec.json.decode(sent, type=dict[int, int])))
            complete = {name: complete_up_to(places, moments) for name, places in complete.items()}
        if sound is not None:
            complete = _at_most(sound, complete)
        letters = (line.rsplit(" ", 1) for line in (first or "").splitlines())
        return _Seen(
            float("-inf"),
            complete,
            {name: min(places.values()) for name, places in complete.items()},
            {name: int(position) for name, position in letters},
            max((max(places.values()) for places in complete.values()), default=0),
            moments,
        )

    def _held(self, lines: str) -> dict[str, dict[int, int]]:
        """The position that each read model holds, by partition; 0 on a partition that it has not."""
        held: dict[str, dict[int, int]] = {}
        for line in lines.splitlines():
            name, partition, position = line.rsplit(" ", 2)
            places = held.setdefault(name, dict.fromkeys(range(self._partitions), 0))
            if int(partition) in places:
                places[int(partition)] = int(position)
        return held

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
