"""A lease: of several processes one holds it, and the others stand by to take it over.

It is an advisory lock of a session of PostgreSQL. PostgreSQL releases it as soon as the connection of its holder is closed, for
example because the process was killed, or when the holder has asked nothing for some seconds, because it is frozen or out of
reach. So no clock of a process decides, and none is compared with that of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from sqlalchemy import Connection, text

from infra.read_models.database import ReadModels
from infra.trusted_clock import steady_seconds

FOLLOWERS = "followers"
"""The lease of the process that runs the followers."""
STAND_BY_PAUSE = 0.25
RENEWALS = 5
"""So often is the lease extended within the time after which it would be lost."""
TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
# A lock of one number of 64 bits is shown as two of 32, and as `objsubid` 1.
IS_LOCKED = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32 | objid::bigint) = hashtextextended(:name, 0))"
)
SETTINGS = ("SET tcp_keepalives_idle = 10", "SET tcp_keepalives_interval = 5", "SET tcp_keepalives_count = 3")


@contextmanager
def own_session(read_models: ReadModels, silence: float) -> Iterator[Connection]:
    """A connection that no other part of the process uses. PostgreSQL ends it after `silence` seconds without a question."""
    with read_models.writer.connect() as connection:
        session = connection.execution_options(isolation_level="AUTOCOMMIT")
        session.detach()
        for setting in (f"SET idle_session_timeout = {round(silence * 1000)}", *SETTINGS):
            session.execute(text(setting))
        yield session


def wait_for_lock(session: Connection, name: str, stopping: Event) -> bool:
    """Waits until this session holds the lock. Returns False if `stopping` is set first."""
    while not session.execute(TRY_LOCK, {"name": name}).scalar():
        if stopping.wait(STAND_BY_PAUSE):
            return False
    return True


def is_held(connection: Connection, name: str) -> bool:
    """Whether any process holds the lease with this name."""
    return bool(connection.execute(IS_LOCKED, {"name": name}).scalar())


def always() -> bool:
    """In place of `Lease.holds`, where no other process can be."""
    return True


class Lease:
    """The lease with this name. It is lost `lost_after` seconds after it was extended last."""

    def __init__(self, read_models: ReadModels, name: str, lost_after: float) -> None:
        self._read_models, self._name, self._lost_after = read_models, name, lost_after
        self._extended_at = float("-inf")
        self._session: Connection

    def holds(self) -> bool:
        """Whether this process certainly holds the lease now. One that was frozen, or slept, knows at once that it may not."""
        return steady_seconds() - self._extended_at < self._lost_after

    @contextmanager
    def held(self, stopping: Event) -> Iterator[bool]:
        """Waits for the lease and, inside the block, holds it for as long as `keep` runs. False if `stopping` is set first.

        Raises DBAPIError.
        """
        with own_session(self._read_models, self._lost_after) as self._session:
            try:
                held = wait_for_lock(self._session, self._name, stopping)
                if held:
                    self._extend()
                yield held
            finally:
                self._extended_at = float("-inf")

    def keep(self, stopping: Event) -> None:
        """Extends the lease until `stopping` is set. Raises DBAPIError if it is lost, or may be."""
        while not stopping.wait(self._lost_after / RENEWALS):
            self._extend()

    def _extend(self) -> None:
        """As long as the session answers, it has the lock."""
        asked_at = steady_seconds()
        self._session.execute(text("SELECT 1"))
        self._extended_at = asked_at
