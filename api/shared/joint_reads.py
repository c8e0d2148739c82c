"""Reads of one kind that wait at the same time are answered together, as waiting commands share one commit.

While a turn reads, further requests wait; the next turn answers all of them with one query. So what a query costs, no matter
for how many, is paid once for many, and a request that comes alone waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

JointQuery = Callable[[Connection, Collection[K]], Mapping[K, T]]
"""Gives the answer for each key, the same as if that key were asked for alone. Keys without an answer are left out."""

TOGETHER = 64
"""The most requests in one turn, so that a turn stays short."""
PATIENCE = 0.05
"""Seconds after which the next turn begins though the last has not ended: a long answer holds up only its own turn."""


class JointReads:
    """The turns of every joint query. Each event loop has its own; a turn takes one of the `threads` for reads."""

    def __init__(self, engine: Engine, threads: CapacityLimiter) -> None:
        self._engine, self._threads = engine, threads
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Any, _Turns[Any, Any]]] = WeakKeyDictionary()

    async def answer(self, query: JointQuery[K, T], key: K) -> T | None:
        """The query's answer for this key. Raises what the query raises for this key alone, and errors of the database."""
        turns = self._loops.setdefault(asyncio.get_running_loop(), {})
        if query not in turns:
            turns[query] = _Turns(self._engine, self._threads, query)
        answer: T | None = await turns[query].join(key)
        return answer


class _Turns(Generic[K, T]):
    """The turns of one query in one event loop."""

    def __init__(self, engine: Engine, threads: CapacityLimiter, query: JointQuery[K, T]) -> None:
        self._engine, self._threads, self._query = engine, threads, query
        self._waiting: list[tuple[K, asyncio.Future[T | None]]] = []
        self._turns: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None

    def join(self, key: K) -> asyncio.Future[T | None]:
        answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        self._begin()
        return answer

    def _begin(self) -> None:
        """Begins a turn if requests wait, the last turn has ended or takes long, and not all threads have one."""
        if self._waiting and self._last is None and len(self._turns) < self._threads.total_tokens:
            loop = asyncio.get_running_loop()
            turn = self._last = loop.create_task(self._turn())
            self._turns.add(turn)
            patience = loop.call_later(PATIENCE, self._let_next, turn)
            turn.add_done_callback(lambda turn: self._end(turn, patience))

    def _end(self, turn: asyncio.Task[None], patience: asyncio.TimerHandle) -> None:
        patience.cancel()
        self._turns.discard(turn)
        self._let_next(turn)

    def _let_next(self, turn: asyncio.Task[None]) -> None:
        if self._last is turn:
            self._last = None
        self._begin()

    async def _turn(self) -> None:
        # A task begins after what has already arrived, so all of that is in this turn.
        taken, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        keys = {key for key, answer in taken if not answer.done()}
        outcomes: Mapping[K, T | Exception | None]
        try:
            outcomes = await to_thread.run_sync(self._outcomes, keys, limiter=self._threads) if keys else {}
        except Exception as error:
            outcomes = dict.fromkeys(keys, error)
        except BaseException:
            for _, answer in taken:
                answer.cancel()
            raise
        for key, answer in taken:
            if not answer.done():
                _settle(answer, outcomes[key])

    def _outcomes(self, keys: Collection[K]) -> dict[K, T | Exception | None]:
        """The answer for each key, or what its own query raises. An error of the database is one for all."""
        try:
            with self._engine.connect() as connection:
                found = self._query(connection, keys)
        except Exception as error:
            if len(keys) == 1 or isinstance(error, SQLAlchemyError):
                return dict.fromkeys(keys, error)
            return {key: self._outcomes([key])[key] for key in keys}
        return {key: found.get(key) for key in keys}


def _settle(answer: asyncio.Future[T | None], outcome: T | Exception | None) -> None:
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
