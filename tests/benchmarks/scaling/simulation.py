"""Simulated time: threads whose steps work on cores, wait for each other, and go on when they are called back.

A thread is a generator of steps. A step is a function that is given what comes next, and calls it once, at once or later.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from itertools import count
from typing import Any

SLICE = 0.005
"""Seconds for which a thread works while others wait: as long as Python's threads do (`sys.getswitchinterval`)."""

Step = Callable[[Callable[[], None]], None]
Steps = Generator[Step, None, None]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self._next: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        heappush(self._next, (self.now + seconds, next(self._number), then))

    def run(self, until: float) -> None:
        while self._next and self._next[0][0] <= until:
            self.now, _, then = heappop(self._next)
            then()
        self.now = until

    def start(self, steps: Steps) -> None:
        """Goes through the steps, each of which calls back when it is done."""
        if (step := next(steps, None)) is not None:
            step(lambda: self.start(steps))

    def wait(self, seconds: float) -> Step:
        return lambda then: self.after(seconds, then)


class Cores:
    """Work of processes, each of which does one thing at a time.

    Work takes longer while other cores work: `crowded` times as long while all do.
    """

    def __init__(self, clock: Clock, cores: int, crowded: float) -> None:
        self._clock, self._cores, self._free, self._crowded = clock, cores, cores, crowded
        self._ready: list[tuple[str, float, Callable[[], None]]] = []
        self._working: set[str] = set()
        self.spent: dict[str, float] = defaultdict(float)

    def work(self, process: str, seconds: float, *, first: bool = False) -> Step:
        """With `first`, before all that waits already."""

        def step(then: Callable[[], None]) -> None:
            self._ready.insert(0 if first else len(self._ready), (process, seconds, then))
            self._give()

        return step

    def _give(self) -> None:
        while self._free:
            able = (number for number, (process, *_) in enumerate(self._ready) if process not in self._working)
            if (number := next(able, None)) is None:
                return
            self._free -= 1
            self._slice(*self._ready.pop(number))

    def _slice(self, process: str, seconds: float, then: Callable[[], None]) -> None:
        now = min(seconds, SLICE)
        self._working.add(process)
        others = (self._cores - self._free - 1) / max(self._cores - 1, 1)
        took = now * (1 + (self._crowded - 1) * others)

        def end() -> None:
            self._free += 1
            self._working.discard(process)
            self.spent[process] += took
            if seconds > now:
                self._ready.append((process, seconds - now, then))
            else:
                then()
            self._give()

        self._clock.after(took, end)


class Lock:
    def __init__(self) -> None:
        self._held, self._waiting = False, deque[Callable[[], None]]()

    def take(self, then: Callable[[], None]) -> None:
        if self._held:
            self._waiting.append(then)
        else:
            self._held = True
            then()

    def release(self) -> None:
        if self._waiting:
            self._waiting.popleft()()
        else:
            self._held = False


class Queue:
    """What waits for one thread, which it wakes up."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._sleeper: Callable[[], None] | None = None
        self.woken = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Any) -> None:
        self._items.append(item)
        if self._sleeper:
            then, self._sleeper, self.woken = self._sleeper, None, 1
            then()

    def wait(self, then: Callable[[], None]) -> None:
        """Until there is something. `woken` is then 1 if there was nothing before."""
        self.woken = 0
        if self._items:
            then()
        else:
            self._sleeper = then

    def take(self, most: int) -> list[Any]:
        return [self._items.popleft() for _ in range(min(most, len(self)))]
