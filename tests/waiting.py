"""Waiting for a condition for as long as something moves: a slow machine is slow, not red."""

from __future__ import annotations

import time
from collections.abc import Callable

# Seconds without progress after which something hangs.
PATIENCE = 120.0
# A command that ends by itself may take this long, in seconds: of its progress nothing is seen from outside.
SLOWEST = 1800.0
PAUSE = 0.02


def wait_until(condition: Callable[[], object], what: str, progress: Callable[[], object] = lambda: None) -> None:
    """Returns once `condition` is true.

    Raises TimeoutError, which names `what`, when it is not and what `progress` returns has stayed the same for PATIENCE
    seconds.
    """
    seen, since = progress(), time.monotonic()
    while not condition():
        now, moment = progress(), time.monotonic()
        if now != seen:
            seen, since = now, moment
        if moment - since > PATIENCE:
            raise TimeoutError(f"{what}: not yet, and no progress for {PATIENCE:g} s")
        time.sleep(PAUSE)
