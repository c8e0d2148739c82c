"""The position up to which an answer is complete.

Positions only rise, so a position that was read a few milliseconds ago is still true, though it may be too low. All waiting
requests share one query.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, select

from infra.read_models import checkpoints
from infra.read_models.database import ReadModels
from infra.read_models.positions import dead_letters, positions
from infra.routing import complete_up_to, partition_of

FRESH = 0.005

_FIRST_DEAD_LETTERS = (
    select(dead_letters.c.projection, func.min(dead_letters.c.position))
    .where(dead_letters.c.discarded == 0)
    .group_by(dead_letters.c.projection)
)


class _Seen(NamedTuple):
    at: float
    complete: Mapping[str, Mapping[int, int]]
    first_dead_letters: Mapping[str, int]

    furthest: int = 0


NOTHING = _Seen(float("-inf"), {}, {})


class Completeness:
    """Answers from the stored positions and, if there is a `topic`, from the position up to which the log was sent to it.

    A subject with dead letters is complete up to the position before the first of them. An answer about all subjects is
    complete up to the lowest position of any subject.
    """

    def __init__(self, read_models: ReadModels, partitions: int = 1, topic: str | None = None) -> None:
        self._read_models, self._partitions, self._topic = read_models, partitions, topic
        self._seen = NOTHING
        self._looking = threading.Lock()
        self._shared_look: asyncio.Task[None] | None = None

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

    def last_sent(self) -> Mapping[int, int]:
        """The last position that was sent to each partition; empty if there is no topic."""
        if self._topic is None:
            return {}
        with self._read_models.reader.connect() as connection:
            checkpoint = checkpoints.load(connection, self._topic)
        return checkpoint.last if checkpoint else {}

    async def wait(self, projection: str, after: int, subject: UUID | None = None, timeout: float = 5.0) -> int:
        """Like `up_to`, but waits up to `timeout` seconds for position `after`. The result may still be lower."""
        deadline = time.monotonic() + timeout
        while True:
            await self._look_together()
            reached = self._answer(self._seen, projection, subject)
            if reached >= after or time.monotonic() >= deadline:
                return reached
            await asyncio.sleep(FRESH)

    def _answer(self, seen: _Seen, projection: str, subject: UUID | None, connection: Connection | None = None) -> int:
        complete = seen.complete.get(projection)
        if complete is None:
            return 0
        first = seen.first_dead_letters.get(projection)
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

    def _look(self) -> None:
        with self._looking:
            if not self._is_fresh():
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
        for row in connection.execute(select(positions.c.projection, positions.c.partition, positions.c.position)):
            known = held.setdefault(row.projection, dict.fromkeys(range(self._partitions), 0))
            if row.partition in known:
                known[row.partition] = row.position
        checkpoint = checkpoints.load(connection, self._topic) if self._topic else None
        if checkpoint is None:
            return held
        return {name: complete_up_to(each, checkpoint.routed, checkpoint.last) for name, each in held.items()}

    def _first_dead_letter_of(self, projection: str, subject: UUID, connection: Connection | None) -> int | None:
        query = select(func.min(dead_letters.c.position)).where(
            dead_letters.c.projection == projection, dead_letters.c.subject == subject, dead_letters.c.discarded == 0
        )
        with nullcontext(connection) if connection else self._read_models.reader.connect() as asked:
            first: int | None = asked.execute(query).scalar()
        return first


def _first_dead_letters(connection: Connection) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(_FIRST_DEAD_LETTERS)}
