"""Machines with clocks of their own that share an event store."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta

from infra.trusted_clock import LOOK_SECONDS, TrustedClock
from tests.commands.event_stores import accepted, one, opened, registering, running

LIMIT = timedelta(days=4)
NINE_DAYS = timedelta(days=9)


class Machine:
    """A process with its own connections and clocks. `now` is what the machine's clock shows; `steady` only rises."""

    def __init__(self, where: str, now: datetime, confirmed: datetime | None = None) -> None:
        self._stack = ExitStack()
        self.now, self.steady = now, 1000.0
        self.store = opened(where)
        self._stack.callback(self.store.close)
        self.clock = TrustedClock(self.store, LIMIT, confirmed, lambda: self.now, lambda: self.steady)
        self._executor = self._stack.enter_context(running(self.store, self.clock.now))

    def record(self) -> None:
        assert accepted(one(self._executor, registering()))

    def let_pass(self, time: timedelta | float) -> None:
        """Time passes, on both clocks."""
        seconds = time.total_seconds() if isinstance(time, timedelta) else time
        self.now += timedelta(seconds=seconds)
        self.steady += seconds

    def is_trusted(self) -> bool:
        """Whether the clock is trusted at its next look."""
        self.let_pass(LOOK_SECONDS)
        return self.clock.trusted()

    def trouble(self) -> str:
        found = self.clock.trouble()
        return found.detail if found else ""

    def close(self) -> None:
        self._stack.close()


class Machines:
    def __init__(self, where: str) -> None:
        self._where = where
        self._started: list[Machine] = []

    def start(self, now: datetime, confirmed: datetime | None = None) -> Machine:
        self._started.append(Machine(self._where, now, confirmed))
        return self._started[-1]

    def close(self) -> None:
        for machine in self._started:
            machine.close()
