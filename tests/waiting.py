"""Waits for a condition as long as there is progress: on a slow machine, a test is slow but does not fail."""

from __future__ import annotations

import time
from collections.abc import Callable

# Seconds without progress after which a wait gives up.
PATIENCE = 120.0
# Time limit, in seconds, for a command that ends by itself: its progress cannot be seen from outside.
SLOWEST = 1800.0
PAUSE = 0.02


def wait_until(condition: Callable[[], object], what: str, progress: Callable[[], object] = lambda: None) -> None:
    """Returns once `condition` is true.

    Raises TimeoutError, which names `what`, if the result of `progress` has not changed for PATIENCE seconds and the
    condition is still false.
    """
    seen, since = progress(), time.monotonic()
    while not condition():
        now, moment = progress(), time.monotonic()
        if now != seen:
            seen, since = now, moment
        if moment - since > PATIENCE:
            raise TimeoutError(f"{what}: not yet, and no progress for {PATIENCE:g} s")
        time.sleep(PAUSE)
