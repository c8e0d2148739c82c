"""How often somebody may do something: `at_once` times at once, and once in `seconds_each` from then on.

It is a token bucket, kept as the moment when it is full again: the generic cell rate algorithm of ITU-T I.371.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from math import ceil
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Buckets(Generic[K]):
    """A bucket for each of at most `most`. Beyond that, the one that was used least recently is forgotten.

    Used by the event loop only.
    """

    def __init__(self, at_once: int, seconds_each: float, most: int) -> None:
        self._at_once, self._seconds_each, self._most = at_once, seconds_each, most
        self._full_at: dict[K, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_after(self, who: K) -> int:
        """Counts one time. Returns 0 if it was allowed, else after how many whole seconds the next one is."""
        now = time.monotonic()
        full_at = max(self._full_at.pop(who, now), now) + self._seconds_each
        excess = full_at - now - self._at_once * self._seconds_each
        if excess > 0:
            full_at -= self._seconds_each
        elif len(self._full_at) >= self._most:
            del self._full_at[next(iter(self._full_at))]
        self._full_at[who] = full_at
        return ceil(excess) if excess > 0 else 0
