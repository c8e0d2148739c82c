"""The open connections of an HTTP server: how many there may be, and which of them has waited too long."""

from __future__ import annotations

import resource
from collections import OrderedDict
from typing import Protocol, cast

import structlog
from prometheus_client import Gauge
from uvicorn.server import ServerState

from infra.http.refusals import refusal_counter
from infra.settings import Settings

log = structlog.get_logger()

# Seconds between two looks at all connections. A look that is this much late follows a stall of the event loop, during which
# nobody could be read from.
SWEEP, LATE = 0.5, 1.0
# Connections beside the limit that are open only until their refusal is read.
LINGERING = 256
# Bytes of answers that all clients together have not read yet.
UNREAD = 256 * 1024 * 1024
# Descriptors for everything else: files, databases, Kafka, webhooks.
RESERVE = 256

open_connections = Gauge("recount_http_connections", "Open connections of the HTTP server.")


class Connection(Protocol):
    def make_room(self) -> None:
        """Close in favour of another connection."""

    def reset(self) -> None:
        """End at once; forget what the client has not read."""

    def drain(self) -> None:
        """Make its answer the last one."""

    def give_up(self) -> bool:
        """Refuse the request in progress. Returns whether there is one."""

    def is_due(self, now: float) -> bool:
        """Whether it has waited too long."""

    def expire(self, now: float) -> None:
        """End what it has waited for."""


class Connections(ServerState):
    """The connections of one server.

    When there is no room for a new connection, the one that has waited longest for a request is closed. So neither idle
    connections nor half-sent heads keep anybody out. Only requests in progress do.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.bounds = settings
        self.limit = _possible(settings.connection_limit)
        # Without a request in progress, and only until their refusal is read; the longest first.
        self.waiting: OrderedDict[Connection, None] = OrderedDict()
        self.lingering: OrderedDict[Connection, None] = OrderedDict()
        # Those whose client has to read before more is sent, with the bytes; the longest first.
        self.unread: OrderedDict[Connection, int] = OrderedDict()
        self._bytes_unread = 0
        self._swept = 0.0
        self._stalled = False
        # Whether each answer is the last one on its connection, and whether idle connections are closed without a pause.
        self.draining = self.at_once = False

    def has_room(self) -> bool:
        """Whether a new connection may stay."""
        if len(self.connections) - len(self.lingering) < self.limit:
            return True
        if self.waiting:
            refusal_counter.labels("make-room").inc()
            _close_longest(self.waiting)
            return True
        return False

    def wait(self, connection: Connection) -> None:
        """It has no request in progress from now on."""
        self.waiting[connection] = None

    def linger(self, connection: Connection) -> None:
        """It is open only until its refusal is read."""
        self.waiting.pop(connection, None)
        self.lingering[connection] = None
        if len(self.lingering) > LINGERING:
            _close_longest(self.lingering)

    def hold(self, connection: Connection, size: int) -> None:
        """Its client has to read so many bytes. If this is too much with all others, those that take longest are ended."""
        self.unread[connection] = size
        self._bytes_unread += size
        while self._bytes_unread > UNREAD:
            longest = next(iter(self.unread))
            self.release(longest)
            longest.reset()

    def release(self, connection: Connection) -> None:
        """Its client has read enough."""
        self._bytes_unread -= self.unread.pop(connection, 0)

    def forget(self, connection: Connection) -> None:
        self.waiting.pop(connection, None)
        self.lingering.pop(connection, None)
        self.release(connection)

    def drain(self) -> None:
        """From now on, each answer is the last one on its connection, so that clients go elsewhere."""
        if not self.draining:
            self.draining = True
            for connection in self._open():
                connection.drain()

    def give_up(self) -> int:
        """Refuse all requests in progress: the server ends. Returns their number."""
        refused = sum(connection.give_up() for connection in self._open())
        if refused:
            log.warning("requests refused because the server ends", requests=refused)
        return refused

    def sweep(self, now: float) -> None:
        """End what has waited too long. `now` is the time of the event loop, in seconds."""
        open_connections.set(len(self.connections))
        stalled = now - self._swept > SWEEP + LATE and not self._stalled
        self._swept, self._stalled = now, stalled
        if stalled:
            return
        for connection in self._open():
            if connection.is_due(now):
                connection.expire(now)

    def _open(self) -> list[Connection]:
        return list(cast(set[Connection], self.connections))


def _close_longest(connections: OrderedDict[Connection, None]) -> None:
    longest, _ = connections.popitem(last=False)
    longest.make_room()


def _possible(wanted: int) -> int:
    """How many connections the process may open, at most `wanted`. Raises the process's limit of open files if necessary."""
    needed = wanted + LINGERING + RESERVE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    possible = max(1, needed - LINGERING - RESERVE)
    if possible < wanted:
        log.warning(
            "fewer connections than RECOUNT_CONNECTION_LIMIT: the limit of open files is too low",
            connections=possible,
            wanted=wanted,
            open_files=hard,
            open_files_needed=wanted + LINGERING + RESERVE,
        )
    return possible
