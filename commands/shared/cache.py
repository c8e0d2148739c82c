"""Aggregates that stay in memory between commands."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from domain.shared.aggregate import Aggregate

ABSENT = 1000
"""The most aggregates without events that are kept."""


class Cache:
    """Aggregates as of the last commit that this process saw; the least recently used ones are dropped first.

    Those without events are kept too, so that what is not there (a field that nobody has defined) is not looked for again and
    again. They are few, so that callers who name things that do not exist push nothing else out.
    """

    def __init__(self, limit: int) -> None:
        self._existing: OrderedDict[UUID, Aggregate] = OrderedDict()
        self._absent: OrderedDict[UUID, Aggregate] = OrderedDict()
        self._limits = ((self._existing, limit), (self._absent, min(limit, ABSENT)))

    def take(self, id: UUID) -> Aggregate | None:
        """Removes the aggregate from the cache and returns it, so that a failure cannot leave a half-changed one cached."""
        return self._existing.pop(id, None) or self._absent.pop(id, None)

    def keep(self, aggregates: Iterable[Aggregate]) -> None:
        for aggregate in aggregates:
            (self._existing if aggregate.exists else self._absent)[aggregate.id] = aggregate
        for kept, limit in self._limits:
            while len(kept) > limit:
                kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._existing)
