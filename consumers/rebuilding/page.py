"""A page of the log as rebuilds read it: decoded once, for all read models that want its events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from consumers.projecting.arrivals import Arrival, arrival, decode
from domain.shared.events import Recorded
from infra.event_store.mapper import metadata_of
from infra.event_store.store import EventStore
from infra.routing import partition_of, partitions_of
from projections.shared.projection import Projection

# To fold an event for all its subjects together, they are seen as one partition (number 0) of a log with one partition.
ONLY, ALL = 0, 1

Due = tuple[int | None, Arrival]
"""An event to fold on one partition or, if all its partitions are to fold it now, on all of them together (None)."""


class Place(NamedTuple):
    """The positions of a rebuild. Up to `read`, every event is folded on all its partitions; `at` is by partition."""

    read: int
    at: Mapping[int, int]

    def is_further_than(self, targets: Mapping[int, int]) -> bool:
        """Whether a partition was folded beyond its target."""
        return any(self.at[partition] > position for partition, position in targets.items())


class Routed(NamedTuple):
    """An event and its partitions. `arrival`, for all its subjects, is None if no read model wants the event."""

    position: int
    partitions: Sequence[int]
    arrival: Arrival | None


class Wanted(NamedTuple):
    """An event that a read model wants, for all its subjects, and its partitions."""

    arrival: Arrival
    partitions: Sequence[int]


class Page:
    """Events that follow one another in the log, at least one.

    Most read models fold all that they want of a page, on all partitions. So this is quick, and only where a read model is in
    the middle of a page each of its events is looked at.
    """

    def __init__(self, events: Sequence[Routed], partitions: int) -> None:
        self.first, self.last = events[0].position, events[-1].position
        self._events, self._partitions = events, partitions
        self._last_on = {partition: one.position for one in events for partition in one.partitions}
        self._by_type: dict[str, list[Wanted]] = defaultdict(list)
        # Every read model is given what nobody here understands.
        self._strange: list[Wanted] = []
        for _, route, seen in events:
            if seen:
                alike = self._by_type[seen.type] if seen.understood else self._strange
                alike.append(Wanted(seen, route))

    def due(self, projection: Projection, at: Mapping[int, int], targets: Mapping[int, int]) -> list[Due]:
        """What the read model is to fold, in the order of positions: on each partition from its position up to its target."""
        wanted = self._wanted(projection)
        if self._is_whole(at, targets):
            return [(None, one.arrival) for one in wanted]
        return [due for one in wanted for due in self._looked_at(one, at, targets)]

    def reached(self, before: Place, targets: Mapping[int, int]) -> Place:
        """The place after the events that are due."""
        if self._is_whole(before.at, targets):
            return Place(max(before.read, self.last), {**before.at, **self._last_on})
        at, read, whole = dict(before.at), before.read, True
        for position, route, _ in self._events:
            at.update((p, position) for p in route if at[p] < position <= targets[p])
            whole = whole and all(position <= targets[p] for p in route)
            if whole:
                read = max(read, position)
        return Place(read, at)

    def _is_whole(self, at: Mapping[int, int], targets: Mapping[int, int]) -> bool:
        """Whether every event is due on all its partitions."""
        return all(at[partition] < self.first and last <= targets[partition] for partition, last in self._last_on.items())

    def _wanted(self, projection: Projection) -> list[Wanted]:
        of_types = (wanted for type, wanted in self._by_type.items() if projection.wants(type))
        return sorted(chain(self._strange, *of_types), key=attrgetter("arrival.position"))

    def _looked_at(self, wanted: Wanted, at: Mapping[int, int], targets: Mapping[int, int]) -> Iterator[Due]:
        arrival, route = wanted
        ready = [p for p in route if at[p] < arrival.position <= targets[p]]
        if len(ready) == len(route):
            yield None, arrival
        else:
            yield from self._parts(arrival, ready)

    def _parts(self, arrival: Arrival, ready: Iterable[int]) -> Iterator[Due]:
        """The event as each of these partitions sees it."""
        for partition in ready:
            here = frozenset(subject for subject in arrival.here if partition_of(subject, self._partitions) == partition)
            delivery = arrival.delivery and arrival.delivery._replace(here=here)
            yield partition, arrival._replace(here=here, delivery=delivery)


def read_page(
    store: EventStore, wanted: Sequence[Projection], partitions: int, after: int, limit: int, upto: int
) -> Page | None:
    """The next events of the log, decoded where a read model wants them; None if there are none. Raises StoreUnavailable."""
    stored = store.log(after, limit, upto) if after < upto else []
    if not stored:
        return None
    wants = {type: any(projection.wants(type) for projection in wanted) for type in {one.type for one in stored}}
    strange = store.not_understood(one for one in stored if not wants[one.type])
    decoded = decode(store, [*(one for one in stored if wants[one.type]), *strange])
    events = []
    for one in stored:
        found = decoded.get(one.position)
        metadata = found.metadata if isinstance(found, Recorded) else metadata_of(one)
        route = range(partitions) if metadata is None else partitions_of(metadata, partitions)
        events.append(Routed(one.position, route, None if found is None else arrival(one, found, ONLY, ALL)))
    return Page(events, partitions)
