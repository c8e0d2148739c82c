"""Watches a job until it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.command_line.progress import bar
from infra.command_line.terminal import Failed

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0


def followed(title: str, ask: Callable[[], Mapping[str, Any]], done: str = "done", total: str = "total") -> Mapping[str, Any]:
    """The last answer of `ask`, once the job has completed. Raises Failed with its error if it failed."""
    pause = SHORTEST_PAUSE
    with bar(title) as update:
        while (seen := ask())["state"] == "running":
            update(seen[done], seen[total])
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
    if seen["state"] != "completed":
        raise Failed(seen["error"] or f"{title} did not complete")
    return seen
