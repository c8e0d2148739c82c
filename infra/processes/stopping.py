"""Ctrl-C and SIGTERM: after the first one, a process ends in order."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def when_asked_to_stop(stop: Callable[[int], None]) -> Iterator[None]:
    """Inside the block, each signal calls `stop` with its number, in the main thread, between two steps of its code."""

    def handle(number: int, _: FrameType | None) -> None:
        stop(number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt(_: int) -> None:
    """A `stop` for code that can be interrupted anywhere."""
    raise KeyboardInterrupt
