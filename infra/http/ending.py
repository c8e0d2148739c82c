"""How the connections of a server end: no request that was accepted goes without an answer."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from infra.http import refusals
from infra.http.connections import Connections
from infra.http.order import OrderedProtocol
from infra.http.refusals import Refusal, refusal_counter

# Seconds for which an idle connection stays open when the server takes no more: its next request may be on its way.
ON_THE_WAY = 0.1


class EndingProtocol(OrderedProtocol):
    """One connection. While the server drains, each answer says that it is the last one."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._all = cast(Connections, self.server_state)
        # Whether all further input is ignored.
        self._ended = False

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._all.draining:
            self.cycle.keep_alive = False

    def drain(self) -> None:
        if self._is_busy() and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """uvicorn calls this when no connection is accepted any more."""
        if self._all.at_once:
            super().shutdown()
        else:
            self.loop.call_later(ON_THE_WAY, super().shutdown)

    def give_up(self) -> bool:
        if self.transport.is_closing() or not self._is_busy():
            return False
        refusal_counter.labels(refusals.ENDING.type).inc()
        self._ended = True
        self.pipeline.clear()
        self._refuse_in_progress(refusals.ENDING, self._started or self.cycle)
        return True

    @abstractmethod
    def _refuse_in_progress(self, refusal: Refusal, cycle: RequestResponseCycle) -> None:
        """Answer the request with the refusal, if its answer has not begun, and close."""
