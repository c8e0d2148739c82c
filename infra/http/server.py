"""The HTTP server: uvicorn with one worker and a protocol of our own, on a socket that we open, ended in order."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf

import uvicorn

from infra.http.connections import SWEEP, Connections
from infra.http.protocol import LINGER, BoundedProtocol
from infra.settings import Settings

# Seconds in which the requests in progress end, after the last one was accepted. Those that are left then are refused, and
# their clients have LINGER seconds to read that.
GRACE_SECONDS = 10
# libuv accepts one connection from a socket in each round of the event loop. A round of a busy loop takes some 50 ms, so that a
# crowd waited for seconds to be accepted. Each copy of the socket accepts one more.
COPIES = 15
# Seconds between two calls of `on_tick`, by uvicorn.
TICK = 0.1


def configuration(application: object) -> uvicorn.Config:
    return uvicorn.Config(
        application,  # type: ignore[arg-type]
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def nothing() -> None:
    pass


class Server(uvicorn.Server):
    """Ends in steps: it drains and answers everything, then takes no more, then ends. Leaves signals to its caller.

    Calls `ready` when it is ready, `draining` when it is asked to end, and `ending` when it takes no more.
    """

    def __init__(
        self,
        application: object,
        settings: Settings,
        ready: Callable[[], None] = nothing,
        ending: Callable[[], None] = nothing,
        draining: Callable[[], None] = nothing,
    ) -> None:
        super().__init__(configuration(application))
        self.server_state = self._connections = Connections(settings)
        self._ready, self._ending, self._draining = ready, ending, draining
        self._drain, self._drains_until = settings.drain_seconds, inf
        self._copies: list[socket.socket] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._copies = [socket.dup() for socket in sockets or () for _ in range(COPIES)]
        await super().startup([*sockets, *self._copies] if sockets else None)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % round(SWEEP / TICK) == 0:
            self._connections.sweep(asyncio.get_running_loop().time())
        if self._drains_until < inf:
            self._connections.drain()
        return await super().on_tick(counter) or self._drains_until <= time.monotonic()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._connections.drain()
        self._connections.at_once = self.force_exit
        self._ending()
        asyncio.get_running_loop().call_later(GRACE_SECONDS - LINGER, self._connections.give_up)
        self.should_exit = True
        await super().shutdown([*sockets, *self._copies] if sockets else None)

    async def _wait_tasks_to_complete(self) -> None:
        """Returns when all connections are closed, or when it is forced: then those in progress are refused now."""
        await super()._wait_tasks_to_complete()
        if self._connections.give_up():
            await asyncio.sleep(TICK)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def end(self, _: int) -> None:
        """Drain, then answer the requests in progress, then end. Each further call skips one of these steps."""
        self._draining()
        self.force_exit = self.should_exit
        self.should_exit = not self._drain or self._drains_until < inf
        self._drains_until = min(self._drains_until, time.monotonic() + self._drain)

    def end_at_once(self) -> None:
        """End without waiting for anything. May be called from any thread."""
        self.should_exit = self.force_exit = True
