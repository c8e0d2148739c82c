"""Gives memory back after work that needed much of it, such as a report over a million rows.

Otherwise the process keeps it: SQLite keeps up to 64 MB of pages for each connection, and the C library what Python has freed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

from sqlalchemy import Connection


def release_pages(connection: Connection) -> None:
    """The pages of the database that the connection keeps in memory; PostgreSQL keeps its own."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA shrink_memory")


def release_freed() -> None:
    """The memory that Python has freed. Other threads run meanwhile. Only glibc can do this: elsewhere, it does nothing."""
    _trim()(0)


@cache
def _trim() -> Callable[[int], object]:
    return getattr(ctypes.CDLL(None), "malloc_trim", id)
