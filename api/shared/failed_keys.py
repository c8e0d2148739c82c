"""Keys, sessions and links that were refused, counted per address, and how often one address may try."""

from __future__ import annotations

from prometheus_client import Counter

from api.shared.addresses import Address, subscriber
from api.shared.buckets import Buckets

AT_ONCE = 20
SECONDS_EACH = 1.0
ADDRESSES = 10_000
"""So many addresses are remembered. Beyond that, the one that did not fail for the longest time is forgotten."""

failed_counter = Counter("recount_failed_keys_total", "API keys that were refused, by the answer's status.", ["status"])


class FailedKeys:
    """Used by the event loop only."""

    def __init__(self, addresses: int = ADDRESSES) -> None:
        self._callers: Buckets[Address] = Buckets(AT_ONCE, SECONDS_EACH, addresses)

    def __len__(self) -> int:
        return len(self._callers)

    def wait_after(self, address: Address) -> int:
        """Counts a failure. Returns 0 if the address may fail once more, else after how many whole seconds it may."""
        seconds = self._callers.wait_after(subscriber(address))
        failed_counter.labels("429" if seconds else "401").inc()
        return seconds
