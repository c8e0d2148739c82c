"""A window of the relay: as many events as may be in flight together, each linked to the events before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.shared.events import Metadata
from infra.event_store.mapper import Stored, metadata_of
from infra.kafka.headers import Record, encode
from infra.kafka.producer import WINDOW_BYTES, WINDOW_MESSAGES
from infra.read_models.checkpoints import Checkpoint
from infra.routing import link


class Window(NamedTuple):
    """The records of the first `events` of the given events, and the checkpoint's values after their acknowledgement."""

    records: list[Record]
    events: int
    routed: int
    last: Mapping[int, int]


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
    return Window(records, events, stored[events - 1].position, last)


def _most_copies(metadata: Metadata | None, partitions: int) -> int:
    return partitions if metadata is None or metadata.everyone else 1 + len(metadata.concerns)
