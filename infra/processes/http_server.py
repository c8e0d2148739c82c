"""The HTTP server: uvicorn with one worker and a protocol of our own, on a socket that we open, ended in order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from infra.processes.connections import SWEEP, Connections
from infra.processes.http_protocol import BoundedProtocol
from infra.settings import Settings

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
    """Calls `ready` when it is ready and `ending` when it ends. Leaves signals to its caller."""

    def __init__(
        self,
        application: object,
        settings: Settings,
        ready: Callable[[], None] = nothing,
        ending: Callable[[], None] = nothing,
    ) -> None:
        super().__init__(configuration(application))
        self.server_state = self._connections = Connections(settings)
        self._ready, self._ending = ready, ending
        self._copies: list[socket.socket] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._copies = [socket.dup() for socket in sockets or () for _ in range(COPIES)]
        await super().startup([*sockets, *self._copies] if sockets else None)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % round(SWEEP / TICK) == 0:
            self._connections.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown([*sockets, *self._copies] if sockets else None)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def end(self, _: int) -> None:
        """Answer the requests in progress, then end. Called a second time, end immediately."""
        self.force_exit = self.should_exit
        self.should_exit = True

    def end_at_once(self) -> None:
        """End without waiting for anything. May be called from any thread."""
        self.should_exit = self.force_exit = True
