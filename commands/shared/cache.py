"""Aggregates that stay in memory between commands."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from domain.shared.aggregate import Aggregate


class Cache:
    """Aggregates as of the last commit that this process saw; the least recently used ones are dropped first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._aggregates: OrderedDict[UUID, Aggregate] = OrderedDict()

    def take(self, id: UUID) -> Aggregate | None:
        """Removes the aggregate from the cache and returns it, so that a failure cannot leave a half-changed one cached."""
        return self._aggregates.pop(id, None)

    def keep(self, aggregates: Iterable[Aggregate]) -> None:
        for aggregate in aggregates:
            self._aggregates[aggregate.id] = aggregate
        while len(self._aggregates) > self._limit:
            self._aggregates.popitem(last=False)

    def __len__(self) -> int:
        return len(self._aggregates)
