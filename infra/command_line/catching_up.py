"""Waits until the read models hold what was recorded, so that the next question gets its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.command_line.progress import bar
from infra.command_line.terminal import Failed

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
PATIENCE = 60.0
"""Seconds without progress after which it does not wait longer."""
MOVING = ("live", "retrying")


def until_readable(position: int, ask: Callable[[], Mapping[str, Any]], patience: float = PATIENCE) -> None:
    """Returns when all read models are complete up to `position`. `ask` returns the status as `/v1/status` shows it.

    Raises Failed if a read model cannot get there: it has dead letters, waits for a rebuild, or does not move.
    """
    pause, most, last, moved_at = SHORTEST_PAUSE, 0, 0, time.monotonic()
    with bar("read models") as update:
        while behind := _behind(ask(), position):
            missing = sum(position - one["complete_to"] for one in behind)
            if missing != last:
                most, last, moved_at = max(most, missing), missing, time.monotonic()
            can_move = any(one["state"] in MOVING and not one["dead_letters"] for one in behind)
            if not can_move or time.monotonic() - moved_at > patience:
                raise Failed(_unreadable(behind, position))
            update(most - missing, most)
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)


def _behind(status: Mapping[str, Any], position: int) -> list[Mapping[str, Any]]:
    return [one for one in status["projections"] if one["complete_to"] < position]


def _unreadable(behind: list[Mapping[str, Any]], position: int) -> str:
    slowest = min(behind, key=lambda one: int(one["complete_to"]))
    others = f" and {len(behind) - 1} more" if len(behind) > 1 else ""
    return (
        f"everything is recorded, but not everything can be read yet: {slowest['name']}{others} must reach position {position}"
        f" and is complete up to {slowest['complete_to']}. See recount status."
    )
