"""Which partitions an event goes to, and the message that carries it there.

An event goes to the partition of every subject it concerns. An event that concerns everyone goes to all partitions. Each
message names the position of the message before it on the same partition. These positions follow from the log alone, so a
read model notices each skipped or repeated message.
"""

from __future__ import annotations

from collections.abc import Collection, MutableMapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol
from uuid import UUID

from domain.shared.events import Metadata
from infra.event_store.mapper import Stored
from projections.shared.rows import Residents

if TYPE_CHECKING:
    from projections.shared.rows import Flags
    from projections.shared.vectors import Ids

PARTITIONS = 12


class Message(NamedTuple):
    """An event on its way to the read models.

    `previous` is the position of the message before it on this partition, 0 if there is none. `offset` is its offset in the
    source; a source without offsets repeats the position.
    """

    partition: int
    offset: int
    previous: int
    stored: Stored


class Held(NamedTuple):
    """How far a read model is on one partition: the last position applied, and the offset to read from next."""

    position: int
    next_offset: int
    topic_id: str


class Source(Protocol):
    """A source of messages: the tail of the event store, or Kafka.

    `topic_id` identifies a log of messages. A log that replaces it has another id, and offsets of the old log are not valid
    in the new one. `is_log` is whether messages are read from the event store itself; others are compared with it.
    """

    is_log: bool

    @property
    def topic_id(self) -> str: ...

    def assigned(self) -> frozenset[int]:
        """The partitions this process reads now."""

    def poll(self, timeout: float) -> Sequence[Message]:
        """The next messages, in order within each partition; empty if none arrives within `timeout` seconds."""

    def seek(self, partition: int, held: Held) -> None:
        """Continue at the held offset. Called for every newly assigned partition, and to read messages again."""

    def stop_waiting(self) -> None:
        """Lets a running `poll` and all later ones end early, if they can. May be called from any thread."""

    def close(self) -> None: ...


def partition_of(subject: UUID, partitions: int) -> int:
    """The partition of a subject: the last 64 bits of its id, modulo the number of partitions."""
    return (subject.int & 0xFFFF_FFFF_FFFF_FFFF) % partitions


class OnPartitions(Residents):
    """The subjects of some of so many partitions."""

    def __init__(self, here: Collection[int], partitions: int) -> None:
        self._here, self._partitions = here, partitions

    def __call__(self, subject: UUID) -> bool:
        return partition_of(subject, self._partitions) in self._here

    def among(self, subjects: Ids) -> Flags:
        import numpy as np

        # The second half of an id is its last 64 bits.
        return np.isin(subjects[:, 1] % np.uint64(self._partitions), np.array(list(self._here), np.uint64))


def partitions_of(metadata: Metadata | None, partitions: int) -> Sequence[int]:
    """The partitions an event is sent to, in rising order. All of them, if its metadata cannot be read."""
    if metadata is None or metadata.everyone:
        return range(partitions)
    if not metadata.concerns:
        return (partition_of(metadata.subject, partitions),)
    return sorted({partition_of(subject, partitions) for subject in (metadata.subject, *metadata.concerns)})


def subjects_here(metadata: Metadata, partition: int, partitions: int) -> frozenset[UUID]:
    """The subjects that an event concerns and that belong to this partition."""
    subjects = (metadata.subject, *metadata.concerns)
    return frozenset(subject for subject in subjects if partition_of(subject, partitions) == partition)


def link(stored: Stored, metadata: Metadata | None, last: MutableMapping[int, int], partitions: int) -> list[Message]:
    """The messages that carry an event, one for each of its partitions. Sets `last`, the last position by partition."""
    messages = []
    for partition in partitions_of(metadata, partitions):
        messages.append(Message(partition, stored.position, last.get(partition, 0), stored))
        last[partition] = stored.position
    return messages
