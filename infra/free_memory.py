"""Gives memory that is free back to the system. After a report over many rows the C library would keep most of it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable


def _trim() -> Callable[[int], int] | None:
    """glibc's malloc_trim; None with another C library."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None


_malloc_trim = _trim()


def give_back() -> None:
    """Takes some milliseconds, in which other threads run."""
    if _malloc_trim is not None:
        _malloc_trim(0)
