"""Once a day, deletes batch ids and receipts of more than a week ago, in portions.

The log says how old they are: each names a position, and `recorded_at` never falls from one position to the next. So a receipt
that was written while a clock was behind is as young as the facts around it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import structlog

from commands.shared.commit import StoreUnavailable
from infra.event_store.in_common import Span
from infra.event_store.rows import KEPT
from infra.event_store.search import last_before
from infra.event_store.store import EventStore

WEEK = timedelta(days=7)
DAILY_SECONDS = 24 * 3600.0
# The pause if the clock is doubted or the store does not answer.
RETRY_SECONDS = 60.0
PORTION = 1_000
# Between two portions: time for the commands that waited.
PAUSE_SECONDS = 0.05

log = structlog.get_logger()


class Pruning:
    """Prunes at the start of a process and then daily, while its clock is trusted."""

    def __init__(self, store: EventStore, clock: Callable[[], datetime], trusted: Callable[[], bool]) -> None:
        self._store, self._clock, self._trusted = store, clock, trusted
        self._stopping = Event()

    def run(self) -> None:
        """Runs until it is stopped. Failures are retried."""
        while not self._stopping.is_set():
            pause = RETRY_SECONDS
            try:
                if self.prune():
                    pause = DAILY_SECONDS
            except StoreUnavailable as error:
                log.warning("nothing is pruned yet", reason=str(error))
            self._stopping.wait(pause)

    def stop(self) -> None:
        """Finishes the current portion and ends. May be called from any thread."""
        self._stopping.set()

    def prune(self) -> bool:
        """Deletes what is older than a week. False if the clock is doubted: nothing is deleted. Raises StoreUnavailable."""
        now = self._clock()
        if not self._trusted():
            return False
        before = last_before(self._store, now - WEEK, Span(0, self._store.head()))
        for kind in KEPT:
            at: int | None = 0
            while at is not None and not self._stopping.is_set():
                at = self._store.prune(kind, before, at, PORTION)
                self._stopping.wait(PAUSE_SECONDS)
        return True
