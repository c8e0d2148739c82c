"""The lock that lets a repair be alone: an advisory lock of PostgreSQL. Every process holds it shared, a repair holds it alone.

The embedded deployment has the lock of its folder instead.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, text

from infra.read_models.database import ReadModels
from infra.read_models.lease import own_session

# A process that is frozen for longer, in seconds, loses the lock, and a repair may begin.
SILENCE = 60.0
# PostgreSQL may need a moment until it has noticed that a process is gone.
PATIENCE, PAUSE = 10.0, 0.2
LOCK = 0x5EC0050
TRY_SHARED = text(f"SELECT pg_try_advisory_lock_shared({LOCK})")
TRY_ALONE = text(f"SELECT pg_try_advisory_lock({LOCK})")


class BeingRepaired(Exception):
    """`recount repair` works on these stores, and no other process may."""


class StillInUse(Exception):
    """A repair cannot begin: another process works on these stores."""


class SharedLock:
    """While a process holds it, no repair can begin."""

    def __init__(self, read_models: ReadModels) -> None:
        self._read_models = read_models
        self._session = ExitStack()
        self._connection: Connection | None = None

    def hold(self) -> None:
        """Takes the lock, or shows PostgreSQL that this process still lives. Raises BeingRepaired and DBAPIError."""
        if self._read_models.writer.dialect.name != "postgresql":
            return
        if self._connection is not None:
            self._connection.execute(text("SELECT 1"))
            return
        self._connection = self._session.enter_context(own_session(self._read_models, SILENCE))
        if not self._connection.execute(TRY_SHARED).scalar():
            raise BeingRepaired("recount repair is running: wait until it has ended")

    def release(self) -> None:
        self._connection = None
        self._session.close()


@contextmanager
def alone(read_models: ReadModels) -> Iterator[None]:
    """Inside the block, no other process holds the lock. Raises StillInUse and DBAPIError."""
    with own_session(read_models, silence=0) as session:
        until = time.monotonic() + PATIENCE
        while not session.execute(TRY_ALONE).scalar():
            if time.monotonic() > until:
                raise StillInUse("other processes of Recount work on this database: stop all of them first")
            time.sleep(PAUSE)
        yield
