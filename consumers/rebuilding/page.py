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

    def wanted_by(self, projection: Projection) -> Arrival | None:
        seen = self.arrival
        return seen if seen and (projection.wants(seen.type) or not seen.understood) else None


class Page:
    """Events that follow one another in the log, at least one.

    Most read models fold all that they want of a page, on all partitions. So this is quick, and only where a read model is in
    the middle of a page each of its events is looked at.
    """

    def __init__(self, events: Sequence[Routed], partitions: int) -> None:
        self.first, self.last = events[0].position, events[-1].position
        self._events, self._partitions = events, partitions
        self._last_on = {partition: one.position for one in events for partition in one.partitions}
        self._by_type: dict[str, list[Arrival]] = defaultdict(list)
        self._strange: list[Arrival] = []
        for one in events:
            if one.arrival and one.arrival.understood:
                self._by_type[one.arrival.type].append(one.arrival)
            elif one.arrival:
                self._strange.append(one.arrival)

    def due(self, projection: Projection, at: Mapping[int, int], targets: Mapping[int, int]) -> list[Due]:
        """What the read model is to fold, in the order of positions: on each partition from its position up to its target."""
        if self._is_whole(at, targets):
            return [(None, one) for one in self._wanted(projection)]
        return list(self._looked_at(projection, at, targets))

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

    def _wanted(self, projection: Projection) -> list[Arrival]:
        of_types = (arrivals for type, arrivals in self._by_type.items() if projection.wants(type))
        return sorted(chain(self._strange, *of_types), key=attrgetter("position"))

    def _looked_at(self, projection: Projection, at: Mapping[int, int], targets: Mapping[int, int]) -> Iterator[Due]:
        for one in self._events:
            ready = [p for p in one.partitions if at[p] < one.position <= targets[p]]
            if ready and (wanted := one.wanted_by(projection)):
                if len(ready) == len(one.partitions):
                    yield None, wanted
                else:
                    yield from self._parts(wanted, ready)

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
        seen = None if found is None else arrival(one, found, ONLY, ALL)
        events.append(Routed(one.position, route, seen if seen and (wants[one.type] or not seen.understood) else None))
    return Page(events, partitions)
