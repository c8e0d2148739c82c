"""HTTP/1.1 with bounds: uvicorn's protocol on httptools, which ends what is too large or too slow before it is a request.

Nothing here needs a timer: a connection notes when it is due, and `Connections.sweep` compares. What a connection waits for:

    IDLE   the first byte of a head        first_byte_timeout, after an answer keep_alive_timeout
    HEAD   the rest of a head              head_timeout
    BODY   the rest of a body              body_timeout, and longer while it comes faster than SLOWEST
    its client to read the answer          send_timeout, again and again while it is read faster than SLOWEST

While a request is in progress and whole, the connection waits for the application, and no bound applies.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from enum import Enum
from math import inf
from typing import Any, cast

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from infra.http import heads, refusals
from infra.http.ending import EndingProtocol
from infra.http.refusals import Refusal, Refused, reason, refusal_counter

# Bytes per second. Who sends a body or reads an answer more slowly is ended.
SLOWEST = 1024
# Requests that may wait on one connection until earlier ones are answered.
PIPELINED = 8
# Seconds in which a refusal can be read. Closing at once would reset the connection, and the refusal could be lost.
LINGER = 2.0

Phase = Enum("Phase", "IDLE HEAD BODY")


class BoundedProtocol(EndingProtocol):
    """One connection. Ignores all input after a refusal."""

    def __init__(self, server_state: ServerState, **given: Any) -> None:
        super().__init__(server_state=server_state, **given)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=False)
        self._bounds, self._phase = self._all.bounds, Phase.IDLE
        self._due = self._send_due = inf
        # The part of the answer that the client had not read when `_send_due` was set, in bytes.
        self._unread = 0
        # The request before the newest one.
        self._previous: RequestResponseCycle | None = None
        # Bytes since the last end of a head or a body, without the rest of the piece of input in which it was; and whether a
        # request ended in the present piece. `_fed` does not count the next one then.
        self._fed, self._follows = 0, False
        # Whether a head or a body began in the present piece, and then when. The bytes of the body.
        self._begins, self._began, self._received = False, 0.0, 0

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if self._all.has_room():
            super().connection_made(transport)
            self._await_request(self._bounds.first_byte_timeout)
            return
        self.transport, self.flow = transport, FlowControl(transport)
        self.connections.add(self)
        self._refuse(refusals.FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.forget(self)
        super().connection_lost(exc)

    def make_room(self) -> None:
        if self._ended:
            self.transport.abort()
        elif self._phase is Phase.HEAD:
            self._refuse(refusals.FULL)
        else:
            self._close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reading()
        self._all.hold(self, self._unread)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._send_due = inf
        self._all.release(self)

    # What comes in

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        self._fed += len(data)
        self._follows = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Not granted. The rest of the input may be in another protocol.
            self._ended, self.cycle.keep_alive = True, False
        except httptools.HttpParserError as error:
            self._refuse(reason(error))
        else:
            if self._fed > self._bounds.head_limit:
                self._check_fed()
            if self._begins:
                self._await_rest()

    def _await_rest(self) -> None:
        """Of a head or a body that began. A request that arrives whole in one piece costs nothing here."""
        self._begins, self._began = False, self.loop.time()
        if self._phase is Phase.BODY:
            self._due = self._began + self._bounds.body_timeout
        elif not self._is_busy():
            self._due = self._began + self._bounds.head_timeout

    def _check_fed(self) -> None:
        if self._phase is not Phase.BODY:
            self._refuse(refusals.HEAD_TOO_LARGE)
        elif self._fed > self._bounds.head_limit + self._received * 5 // 4:
            self._refuse(refusals.CHUNKS_TOO_SMALL)

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= PIPELINED:
            raise Refused(refusals.PIPELINE_FULL)
        self._phase, self._begins = Phase.HEAD, True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._bounds.head_limit // 2:
            raise Refused(refusals.TARGET_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn does it, with a limit. A call of `super` for each header would cost a microsecond per request."""
        if len(self.headers) == heads.MOST_HEADERS:
            raise Refused(refusals.TOO_MANY_HEADERS)
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._check_head()
        previous = self.cycle
        # This raises if the target is malformed: then the request is still a head.
        super().on_headers_complete()
        self._phase, self._begins, self._previous = Phase.BODY, True, previous
        self._fed = self._received = 0
        self._all.waiting.pop(self, None)
        # Trailers must not pass for headers of the request (RFC 9110, 6.5.1): they go to a list that nobody reads.
        self.headers = []

    def _check_head(self) -> None:
        limit = self._bounds.head_limit
        if (self._follows or self._fed > limit) and heads.size(self.url, self.headers) > limit:
            raise Refused(refusals.HEAD_TOO_LARGE)
        has_body = heads.check(self.parser.get_http_version(), self.headers)
        if self.parser.should_upgrade() and (has_body or self.parser.get_method() == b"CONNECT"):
            # httptools would read the body as the next request.
            raise Refused(refusals.UPGRADE)

    def on_body(self, body: bytes) -> None:
        self._received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._phase, self._begins = Phase.IDLE, False
        self._fed, self._follows = 0, True
        if self._is_busy():
            self._due = inf
        else:
            self._await_request(self._bounds.keep_alive_timeout)

    # What goes out

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._close()
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._phase is Phase.BODY:
            # The application answered before the end of the body. The client may send the rest, but not for ever.
            self._await_request(self._bounds.body_timeout)
        else:
            wait = self._bounds.head_timeout if self._phase is Phase.HEAD else self._bounds.keep_alive_timeout
            self._await_request(wait)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with a problem, and close. If answers to earlier requests are due, send these instead, and then close."""
        if self.transport.is_closing():
            return
        refusal_counter.labels(refusal.type).inc()
        self._ended, self._due = True, inf
        # Input is read and ignored: input that nobody has read resets the connection when it closes.
        self.flow.resume_reading()
        if not self._is_busy():
            # A body that was answered early has its answer.
            self._linger(None if self._phase is Phase.BODY else refusal)
        elif self._phase is not Phase.BODY:
            self.cycle.keep_alive = False
        elif self.pipeline:
            self.pipeline.popleft()
            cast(RequestResponseCycle, self._previous).keep_alive = False
        else:
            self._refuse_in_progress(refusal, self.cycle)

    def _refuse_in_progress(self, refusal: Refusal, cycle: RequestResponseCycle) -> None:
        """If the application already has the head of the request, it learns that the client is gone."""
        started = cycle.response_started
        cycle.disconnected, self._unstarted = True, None
        cycle.message_event.set()
        if started:
            self._close()
        else:
            self._linger(refusal)

    def _linger(self, refusal: Refusal | None) -> None:
        """End the output, and read the input to its end for a moment, so that the client can read the output."""
        if refusal:
            self.transport.write(refusal.answer(self.server_state.default_headers))
        self._all.linger(self)
        self.transport.write_eof()
        self._due = self.loop.time() + LINGER

    def _close(self) -> None:
        self._all.waiting.pop(self, None)
        self.transport.close()
        self._due = inf
        self._expect_reading()

    # Time

    def is_due(self, now: float) -> bool:
        return self._due <= now or self._send_due <= now or self._closes_unnoticed()

    def expire(self, now: float) -> None:
        """End what the connection has waited for too long."""
        if self._send_due <= now:
            self._expire_reading()
        elif self._closes_unnoticed():
            self._expect_reading()
        elif self._ended:
            self.transport.abort()
        elif self._phase is Phase.IDLE:
            self._close()
        elif self._phase is Phase.HEAD:
            self._refuse(refusals.HEAD_TOO_SLOW)
        elif not self._is_busy():
            self._close()
        else:
            self._expire_body(now)

    def _expire_reading(self) -> None:
        """End the connection, unless the client has read enough since the last look."""
        if self._unread - self.transport.get_write_buffer_size() >= self._bounds.send_timeout * SLOWEST:
            self._expect_reading()
        else:
            self.reset()

    def reset(self) -> None:
        refusal_counter.labels("reads-too-slowly").inc()
        # The operating system forgets the answer too: otherwise it would keep megabytes of it for minutes.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _expire_body(self, now: float) -> None:
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            # The application has not read what is here, or has not asked for more.
            self._began = now
        self._due = self._began + self._bounds.body_timeout + self._received / SLOWEST
        if self._due <= now:
            self._refuse(refusals.BODY_TOO_SLOW)

    def _await_request(self, seconds: float) -> None:
        self._all.wait(self)
        self._due = self.loop.time() + seconds

    def _expect_reading(self) -> None:
        """From now on, the client has to read what was sent."""
        self._unread = self.transport.get_write_buffer_size()
        self._send_due = self.loop.time() + self._bounds.send_timeout

    def _closes_unnoticed(self) -> bool:
        """Whether uvicorn has closed the connection after an error of the application."""
        return self._due == self._send_due == inf and self.transport.is_closing()
