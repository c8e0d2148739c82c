"""What the relay sends at once: as many events as may be in flight, each linked to those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.shared.events import Metadata
from infra.event_store.mapper import Stored, read_metadata
from infra.kafka.headers import Record, encode
from infra.kafka.producer import WINDOW_BYTES, WINDOW_MESSAGES
from infra.read_models.checkpoints import Checkpoint
from infra.routing import link


class Window(NamedTuple):
    """Records of the first `events` that were given, and the checkpoint's new values once they are acknowledged."""

    records: list[Record]
    events: int
    routed: int
    last: Mapping[int, int]


def next_window(stored: Sequence[Stored], checkpoint: Checkpoint) -> Window:
    """A window that begins after the checkpoint: a function of the log alone. One event at least, however large."""
    records: list[Record] = []
    last, events, size = dict(checkpoint.last), 0, 0
    for one in stored:
        metadata = read_metadata(one.state)
        copies = _most_copies(metadata, checkpoint.partitions)
        size += copies * len(one.state)
        if events and (len(records) + copies > WINDOW_MESSAGES or size > WINDOW_BYTES):
            break
        records += encode(link(one, metadata, last, checkpoint.partitions))
        events += 1
    return Window(records, events, stored[events - 1].position, last)


def _most_copies(metadata: Metadata, partitions: int) -> int:
    return partitions if metadata.everyone else 1 + len(metadata.concerns)
