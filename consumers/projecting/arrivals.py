"""Events as they arrive at the read models: decoded once for all of them, or with the error that prevented it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from consumers.projecting.lane import Lane, Taken
from domain.shared.events import Recorded
from infra.event_store.mapper import MisnamedEvent, Stored, UnknownEventType, metadata_of
from infra.event_store.store import EventStore
from infra.routing import Message, partitions_of, subjects_here
from projections.shared.projection import Delivery

Decoded = Recorded | Exception

NOT_UNDERSTOOD = (UnknownEventType, MisnamedEvent)
"""Nobody in this process knows what such an event says, and so no read model knows that it does not need it."""


class Arrival(NamedTuple):
    """An event as it arrives on one partition. `here` are its subjects on this partition. It has a delivery or an error.

    `everyone` is true too if nobody knows whom it concerns, because its metadata cannot be read: then `addressed` is false.
    """

    position: int
    type: str
    everyone: bool
    here: frozenset[UUID]
    delivery: Delivery | None
    error: Exception | None = None
    addressed: bool = True

    @property
    def understood(self) -> bool:
        """False for an event whose subjects are known, but not what it says. Where both are unknown, it cannot be set aside."""
        return not (self.addressed and isinstance(self.error, NOT_UNDERSTOOD))


class Arrived(NamedTuple):
    """The decoded events of one partition, by position. `strange` are those that nobody here understands."""

    by_position: Mapping[int, Arrival]
    strange: frozenset[int]

    def wanted(self, lane: Lane, messages: Iterable[Message]) -> Iterator[Arrival]:
        """The messages that the read model must be given: those of the types it reads, and those that nobody here understands.

        A later version of the code may know these, and fold them. Until then their subjects wait.
        """
        wants, strange = lane.projection.wants, self.strange
        stored = (message.stored for message in messages)
        return (self.by_position[one.position] for one in stored if wants(one.type) or one.position in strange)


def decode(store: EventStore, stored: Sequence[Stored]) -> dict[int, Decoded]:
    """Each event by its position, or the error that prevented its decoding. Raises StoreUnavailable."""
    keys = store.keys(stored)
    decoded: dict[int, Decoded] = {}
    for one in stored:
        try:
            decoded[one.position] = store.decode_one(one, keys)
        except Exception as error:
            decoded[one.position] = error
    return decoded


def arrival(stored: Stored, decoded: Decoded, partition: int, partitions: int) -> Arrival:
    """The event as this partition sees it. If its metadata cannot be read, it counts as an event for everyone."""
    if isinstance(decoded, Recorded):
        metadata = decoded.metadata
        here = subjects_here(metadata, partition, partitions)
        return Arrival(stored.position, stored.type, metadata.everyone, here, Delivery(decoded, here))
    unread = metadata_of(stored)
    if unread is None:
        return Arrival(stored.position, stored.type, True, frozenset(), None, decoded, addressed=False)
    here = subjects_here(unread, partition, partitions)
    if unread.everyone and not here:
        here = frozenset({nobody_on(partition, partitions)})
    return Arrival(stored.position, stored.type, unread.everyone, here, None, decoded)


def nobody_on(partition: int, partitions: int) -> UUID:
    """Stands for the subject of an event for everyone on a partition where the event's own subject is not.

    So the event is set aside there too, and a version that folds it finds that this partition lacks it.
    """
    return UUID(int=partitions + partition)


def arrivals(decoded: Mapping[int, Decoded], stored: Iterable[Stored], partition: int, partitions: int) -> Arrived:
    """The events that are in `decoded`, as this partition sees them."""
    found = {
        one.position: arrival(one, decoded[one.position], partition, partitions) for one in stored if one.position in decoded
    }
    return Arrived(found, frozenset(position for position, one in found.items() if not one.understood))


def joined(arrivals: Iterable[Arrival]) -> list[Arrival]:
    """The decoded events of several partitions as they would arrive if these were one partition, in the order of the log."""
    found: dict[int, Arrival] = {}
    for one in arrivals:
        before = found.get(one.position)
        found[one.position] = one if before is None else _joined(before, one)
    return [found[position] for position in sorted(found)]


def _joined(one: Arrival, other: Arrival) -> Arrival:
    here = one.here | other.here
    return one._replace(here=here, delivery=one.delivery and one.delivery._replace(here=here))


def decoded_once(store: EventStore, taken: Sequence[Taken], partitions: int) -> dict[int, Arrived]:
    """By partition, the messages that any of its lanes wants or that are not understood, decoded once."""
    wanted: dict[int, dict[int, Message]] = defaultdict(dict)
    for lane, messages in taken:
        here = wanted[lane.partition]
        here.update((m.stored.position, m) for m in messages if lane.projection.wants(m.stored.type))
    # Lanes that go together have the same messages.
    different = {(lane.partition, m[0].stored.position, m[-1].stored.position): m for lane, m in taken}
    for (partition, _, _), messages in different.items():
        here = wanted[partition]
        others = [m.stored for m in messages if m.stored.position not in here]
        strange = {one.position for one in store.not_understood(others)}
        here.update((m.stored.position, m) for m in messages if strange and m.stored.position in strange)
    stored = {position: m.stored for here in wanted.values() for position, m in here.items()}
    decoded = decode(store, list(stored.values()))
    return {
        partition: arrivals(decoded, (message.stored for message in here.values()), partition, partitions)
        for partition, here in wanted.items()
    }


def routed_to(
    store: EventStore, partition: int, partitions: int, after: int, upto: int, at_once: int
) -> Iterator[list[Stored]]:
    """The events of one partition, read from the log: after `after`, up to and including `upto`, `at_once` per read."""
    while stored := store.log(after, at_once, upto):
        after = stored[-1].position
        if routed := [one for one in stored if _goes_to(one, partition, partitions)]:
            yield routed


def _goes_to(stored: Stored, partition: int, partitions: int) -> bool:
    metadata = metadata_of(stored)
    return metadata is None or partition in partitions_of(metadata, partitions)
