"""Compares how far the relay says that it came with the log: the last position of each partition follows from the log alone."""

from __future__ import annotations

from collections.abc import Iterator

from domain.shared.events import Metadata
from infra.event_store.checks import Finding
from infra.event_store.mapper import Stored
from infra.read_models.checkpoints import Checkpoint
from infra.routing import link


class RelayChain:
    """Routes each event that it sees as the relay does, up to the checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint, self._last = checkpoint, dict[int, int]()

    def see(self, stored: Stored, metadata: Metadata | None) -> None:
        if stored.position <= self._checkpoint.routed:
            link(stored, metadata, self._last, self._checkpoint.partitions)

    def end(self) -> Iterator[Finding]:
        said = self._checkpoint.last
        for partition in range(self._checkpoint.partitions):
            true = self._last.get(partition, 0)
            if said.get(partition, 0) != true:
                detail = (
                    f"The relay says that it sent {said.get(partition, 0)} last to partition {partition}; the log says {true}."
                )
                yield Finding("relay-chain", detail, true or None)
