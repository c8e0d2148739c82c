"""A window of the relay: as many events as may be in flight together, each linked to the events before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.shared.events import Metadata
from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.store import EventStore
from infra.kafka.headers import Record, encode
from infra.kafka.producer import WINDOW_BYTES, WINDOW_MESSAGES
from infra.read_models.checkpoints import Checkpoint
from infra.routing import link


class Window(NamedTuple):
    """The records of some events of the log. After their acknowledgement, `last` is the last position of each partition.

    `events` is how many events these are, and `end` is the last of them.
    """

    records: list[Record]
    events: int
    end: Stored
    last: Mapping[int, int]

    @property
    def routed(self) -> int:
        """Everything up to this position is sent with the window."""
        return self.end.position


class Windows:
    """The windows of the log after a checkpoint, one after the other.

    While a window is in flight, `prepare` reads and encodes the one after it. What is prepared depends on the log alone, as all
    windows do; before it is sent, the log must be asked whether it still has these events.
    """

    def __init__(self, store: EventStore, checkpoint: Checkpoint) -> None:
        self._store, self._checkpoint = store, checkpoint
        self._waiting: list[Stored] = []
        self._prepared: Window | None = None
        self._has_more = False

    def next(self) -> Window | None:
        """The next window; None if the log has no more events. Raises StoreUnavailable."""
        window, self._prepared = self._prepared or self._made(), None
        return window

    def prepare(self) -> None:
        """Makes the next window, if the log had more events when it was last read. Raises StoreUnavailable."""
        if self._prepared is None and (self._waiting or self._has_more):
            self._prepared = self._made()

    def _made(self) -> Window | None:
        self._fill()
        if not self._waiting:
            return None
        window = next_window(self._waiting, self._checkpoint)
        self._waiting = self._waiting[window.events :]
        self._checkpoint = self._checkpoint._replace(routed=window.routed, last=window.last)
        return window

    def _fill(self) -> None:
        if wanted := WINDOW_MESSAGES - len(self._waiting):
            after = self._waiting[-1].position if self._waiting else self._checkpoint.routed
            found = self._store.log(after, wanted)
            self._waiting += found
            self._has_more = len(found) == wanted


def next_window(stored: Sequence[Stored], checkpoint: Checkpoint) -> Window:
    """The window after the checkpoint; it depends on the log alone. It holds at least one event, even if that is very large."""
    records: list[Record] = []
    last, events, size = dict(checkpoint.last), 0, 0
    for one in stored:
        metadata = metadata_of(one)
        copies = _most_copies(metadata, checkpoint.partitions)
        size += copies * len(one.state)
        if events and (len(records) + copies > WINDOW_MESSAGES or size > WINDOW_BYTES):
            break
        records += encode(link(one, metadata, last, checkpoint.partitions))
        events += 1
    return Window(records, events, stored[events - 1], last)


def _most_copies(metadata: Metadata | None, partitions: int) -> int:
    return partitions if metadata is None or metadata.everyone else 1 + len(metadata.concerns)
