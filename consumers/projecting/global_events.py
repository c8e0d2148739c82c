"""The events for everyone in a part of the log, for a subject that missed them while it waited."""

from __future__ import annotations

from infra.event_store.mapper import Stored, metadata_of
from infra.event_store.store import EventStore
from projections.shared.projection import Projection

PORTION = 2000


class EventsForEveryone:
    """The events for everyone that a read model wants. They are read once and kept, because all waiting subjects need them."""

    def __init__(self, projection: Projection, store: EventStore) -> None:
        self._projection, self._store = projection, store
        self._wants_any = projection.wants_any(store.types_for_everyone)
        self._found: list[Stored] = []
        self._after = self._read = store.head()

    def between(self, after: int, upto: int) -> list[Stored]:
        """The events in the order of position, after `after`, up to and including `upto`. Raises StoreUnavailable."""
        if not self._wants_any:
            return []
        if after < self._after:
            self._found, self._after, self._read = [], after, after
        self._read_on(upto)
        return [one for one in self._found if after < one.position <= upto]

    def _read_on(self, upto: int) -> None:
        while self._read < upto:
            portion = self._store.log(self._read, PORTION, upto)
            self._read = portion[-1].position if len(portion) == PORTION else upto
            self._found += [one for one in portion if self._wanted(one)]

    def _wanted(self, stored: Stored) -> bool:
        if not self._projection.wants(stored.type):
            return False
        metadata = metadata_of(stored)
        return metadata is not None and metadata.everyone
