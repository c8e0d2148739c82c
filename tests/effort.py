"""How much CPU work takes, counted so that neither a slow machine nor a moment of other work decides a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

TRIES = 3
# Where the limits were chosen, the yardstick takes at most so many seconds of CPU while other tests run.
YARDSTICK_SECONDS = 0.010
_YARDSTICK = range(200_000)


def with_little_cpu(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work`, which takes less CPU of this process than so many seconds; on a slower machine, more of them.

    It has three tries, because threads in the background and the collection of garbage count too. What is too costly is so
    at each try. Raises AssertionError.
    """
    taken = []
    for _ in range(TRIES):
        most = seconds * max(1.0, _yardstick() / YARDSTICK_SECONDS)
        began = time.process_time()
        result = work()
        taken.append(time.process_time() - began)
        if taken[-1] < most:
            return result
    raise AssertionError(f"{min(taken):.2f} s of CPU, not {most:.2f} s")


def _yardstick() -> float:
    began = time.thread_time()
    sum(number & 7 for number in _YARDSTICK)
    return time.thread_time() - began
