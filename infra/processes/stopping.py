"""Ctrl-C and SIGTERM: asked once, a process ends in order."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def when_asked_to_stop(stop: Callable[[int], None]) -> Iterator[None]:
    """Within, each signal calls `stop` with its number, in the main thread, between two steps of whatever runs there."""

    def handle(number: int, _: FrameType | None) -> None:
        stop(number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt(_: int) -> None:
    """For whatever can be broken off anywhere."""
    raise KeyboardInterrupt
