"""The embedded source: the log of the event store itself, read in the same process as one partition."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Event

from infra.event_store.store import EventStore
from infra.routing import Held, Message

ONLY = 0
BATCH = 2000
# Seconds between two reads: 2 ms while events arrive, 50 ms when there are none. `wake` ends a pause immediately.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.050


class Tail:
    """Follows the log. There is one partition, so the message of each event names the event before it in the log."""

    topic_id, is_log = "log", True

    def __init__(self, store: EventStore, batch: int = BATCH) -> None:
        self._store, self._batch = store, batch
        self._read = 0
        self._nudged, self._ending = Event(), Event()
        self._pause = SHORTEST_PAUSE

    def assigned(self) -> frozenset[int]:
        return frozenset({ONLY})

    def poll(self, timeout: float) -> Sequence[Message]:
        """The next events. Raises StoreUnavailable."""
        deadline = time.monotonic() + timeout
        while not (messages := self._next()):
            left = deadline - time.monotonic()
            if left <= 0 or self._ending.is_set():
                break
            if self._nudged.wait(min(left, self._pause)):
                self._pause = SHORTEST_PAUSE
            else:
                self._pause = min(self._pause * 1.5, LONGEST_PAUSE)
        return messages

    def seek(self, partition: int, held: Held) -> None:
        self._read = max(0, held.next_offset - 1)

    def wake(self) -> None:
        """Makes `poll` read immediately, because something was committed. May be called from any thread."""
        self._nudged.set()

    def stop_waiting(self) -> None:
        self._ending.set()
        self._nudged.set()

    def close(self) -> None:
        """Nothing to close: the store belongs to its creator."""

    def _next(self) -> list[Message]:
        self._nudged.clear()
        messages = []
        for stored in self._store.log(self._read, self._batch):
            messages.append(Message(ONLY, stored.position, self._read, stored))
            self._read = stored.position
        if messages:
            self._pause = SHORTEST_PAUSE
        return messages
