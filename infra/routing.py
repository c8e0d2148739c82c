"""Which partitions an event goes to, and the message that carries it there.

An event goes to the partition of every subject it concerns, or to all of them where it concerns everyone. Each message
names the position routed before it to the same partition: a function of the log alone, so that nothing can be skipped or
doubled unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.shared.events import Metadata
from infra.event_store.mapper import Stored

PARTITIONS = 12


class Message(NamedTuple):
    """An event on its way to the read models. `previous` is the position routed before it to this partition, 0 if none.

    `offset` is where the source holds it; a source without offsets repeats the position.
    """

    partition: int
    offset: int
    previous: int
    stored: Stored


class Held(NamedTuple):
    """What a read model holds of one partition: the last position applied, and the offset to go on reading from."""

    position: int
    next_offset: int
    topic_id: str


class Source(Protocol):
    """Where messages come from: the tail of the event store, or Kafka.

    `topic_id` tells one log of messages from another that was made in its place; offsets of one mean nothing in the other.
    """

    @property
    def topic_id(self) -> str: ...

    def assigned(self) -> frozenset[int]:
        """The partitions this process reads now."""

    def poll(self, timeout: float) -> Sequence[Message]:
        """The next messages, in order within each partition; empty after `timeout` seconds without any."""

    def seek(self, partition: int, held: Held) -> None:
        """Go on from what is held. Called for every partition that is newly assigned, and to read again."""

    def close(self) -> None: ...


def partition_of(subject: UUID, partitions: int) -> int:
    """The partition a subject lives on: the last 64 bits of its id, modulo the number of partitions."""
    return (subject.int & 0xFFFF_FFFF_FFFF_FFFF) % partitions


def partitions_of(metadata: Metadata, partitions: int) -> Sequence[int]:
    """The partitions an event is sent to, in rising order."""
    if metadata.everyone:
        return range(partitions)
    return sorted({partition_of(subject, partitions) for subject in (metadata.subject, *metadata.concerns)})


def subjects_here(metadata: Metadata, partition: int, partitions: int) -> frozenset[UUID]:
    """Those of the subjects an event concerns that live on this partition."""
    subjects = (metadata.subject, *metadata.concerns)
    return frozenset(subject for subject in subjects if partition_of(subject, partitions) == partition)


def link(stored: Stored, metadata: Metadata, last: MutableMapping[int, int], partitions: int) -> list[Message]:
    """The messages that carry an event, one to each partition it is sent to. Each becomes the `last` of its partition."""
    position = stored.position
    messages = [Message(p, position, last.get(p, 0), stored) for p in partitions_of(metadata, partitions)]
    last.update((message.partition, position) for message in messages)
    return messages


def complete_up_to(held: Mapping[int, int], routed: int, last: Mapping[int, int]) -> dict[int, int]:
    """Up to which position each partition is complete.

    `held` is the position a read model holds by partition, `routed` up to where everything was sent, `last` the last
    position sent by partition. One that holds its partition's last is complete up to `routed`, idle or not.
    """
    return {p: max(position, routed) if position >= last.get(p, 0) else position for p, position in held.items()}
