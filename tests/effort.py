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


def at_once(work: Callable[[], T], seconds: float) -> T:
    """The result of `work`, which takes less than `seconds` of CPU. Raises AssertionError."""
    result, taken = least(work, seconds)
    assert taken < seconds, f"{taken:.2f} s of CPU"
    return result


def least(work: Callable[[], T], enough: float) -> tuple[T, float]:
    """The result, and the seconds of CPU of the first try that takes less than `enough`, or of the cheapest of three.

    Threads in the background and the collection of garbage count too, but what is too costly is so at each try.
    """
    result, taken = measured(work)
    for _ in range(TRIES - 1):
        if taken >= enough:
            result, again = measured(work)
            taken = min(taken, again)
    return result, taken


def measured(work: Callable[[], T]) -> tuple[T, float]:
    """The result, and the seconds of CPU of this process, as of a machine of the usual speed."""
    slowness = max(1.0, _yardstick() / YARDSTICK_SECONDS)
    began = time.process_time()
    result = work()
    return result, (time.process_time() - began) / slowness


def _yardstick() -> float:
    began = time.thread_time()
    sum(number & 7 for number in _YARDSTICK)
    return time.thread_time() - began
