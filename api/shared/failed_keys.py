"""Keys that were refused, counted per address, and how often one address may try.

An address may fail `AT_ONCE` times at once, and once in `SECONDS_EACH` from then on (a token bucket, kept as the moment when it
is full again: the generic cell rate algorithm of ITU-T I.371).
"""

from __future__ import annotations

import time
from math import ceil

from prometheus_client import Counter

from api.shared.addresses import Address, subscriber

AT_ONCE = 20
SECONDS_EACH = 1.0
ADDRESSES = 10_000
"""So many addresses are remembered. Beyond that, the one that did not fail for the longest time is forgotten."""

failed_counter = Counter("recount_failed_keys_total", "API keys that were refused, by the answer's status.", ["status"])


class FailedKeys:
    """Used by the event loop only."""

    def __init__(self, addresses: int = ADDRESSES) -> None:
        self._most = addresses
        self._full_at: dict[Address, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_after(self, address: Address) -> int:
        """Counts a failure. Returns 0 if the address may fail once more, else after how many whole seconds it may."""
        caller, now = subscriber(address), time.monotonic()
        full_at = max(self._full_at.pop(caller, now), now) + SECONDS_EACH
        excess = full_at - now - AT_ONCE * SECONDS_EACH
        if excess > 0:
            full_at -= SECONDS_EACH
        elif len(self._full_at) >= self._most:
            del self._full_at[next(iter(self._full_at))]
        self._full_at[caller] = full_at
        failed_counter.labels("429" if excess > 0 else "401").inc()
        return ceil(excess) if excess > 0 else 0
