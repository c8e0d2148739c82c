"""The requests of one connection are in progress one after the other, and none of them before its answer can be written."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class OrderedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which starts a request also while the client does not read the answers to earlier ones.

    Such a request would wait for the client at its first byte, and would keep its place in a lane from others for that time.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._started: RequestResponseCycle | None = None
        # The next request and its application, while the client has to read first.
        self._unstarted: tuple[RequestResponseCycle, Any] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The request in progress learns that the client is gone. uvicorn says it to the newest one, which may only wait."""
        if self._started:
            self._started.disconnected = True
            self._started.message_event.set()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unstarted and not self.transport.is_closing():
            next_one, self._unstarted = self._unstarted, None
            self._start_asgi_task(*next_one)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self.flow.write_paused:
            self._unstarted = cycle, app
        else:
            self._started = cycle
            super()._start_asgi_task(cycle, app)

    def _is_busy(self) -> bool:
        """Whether an answer is due."""
        return self.cycle is not None and not self.cycle.response_complete
