"""Ctrl-C and SIGTERM: after the first one, a process ends in order, and within a bound."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ENDS_WITHIN = 25.0
"""Seconds that a process has from the first signal to its end. Who starts it should wait somewhat longer before a SIGKILL."""
SERVERS_END_WITHIN = 120.0
"""The same for a process that ends servers, one kind after the other."""

log = structlog.get_logger()


@contextmanager
def when_asked_to_stop(stop: Callable[[int], None], within: float = ENDS_WITHIN) -> Iterator[None]:
    """Inside the block, each signal calls `stop` with its number, in the main thread, between two steps of its code.

    The first one begins the end, also of what comes after the block: if the process has not ended `within` seconds later, or if
    another signal comes after the block, it is ended as it is. A server that does not answer can hold threads for longer than
    that, and a process loses nothing by its end at any moment.
    """
    end = _End(within)

    def handle(number: int, _: FrameType | None) -> None:
        end.begin()
        stop(number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        if end.has_begun:
            stop = end.at_once
        else:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Inside the block, SIGTERM does what Ctrl-C does, with the same bound as in `when_asked_to_stop`.

    It does so also where Ctrl-C does nothing: a shell lets what it runs in the background ignore SIGINT.
    """
    end = _End(ENDS_WITHIN)

    def handle(_: int, frame: FrameType | None) -> None:
        end.begin()
        # While asyncio runs something, it handles Ctrl-C in its own way.
        ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(ctrl_c):
            raise KeyboardInterrupt
        ctrl_c(signal.SIGINT, frame)

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _End:
    """Ends the process `within` seconds of the first call of `begin`, if it has not ended by itself."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._timer: threading.Timer | None = None

    @property
    def has_begun(self) -> bool:
        return self._timer is not None

    def begin(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self._within, self.at_once)
            self._timer.name, self._timer.daemon = "end", True
            self._timer.start()

    def at_once(self, *_: object) -> None:
        try:
            waits_for = sorted(thread.name for thread in threading.enumerate() if not thread.daemon)
            log.error("ended without waiting longer", threads=waits_for)
        finally:
            os._exit(1)


def interrupt(_: int) -> None:
    """A `stop` for code that can be interrupted anywhere."""
    raise KeyboardInterrupt
