"""The head of an answer and its body in one write: one system call less, and one packet less for the client to read."""

from __future__ import annotations

import asyncio
from typing import Any

START = b"HTTP/1."


class WholeAnswers:
    """A transport that keeps a head back until the body follows, or until the event loop has nothing else to do at once.

    uvicorn writes the two one after the other. A head whose body comes later, as that of a stream, waits for no more than the
    callbacks that are already due. Everything else goes to the transport as it is.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop, self._head = transport, loop, b""
        self.is_closing, self.abort = transport.is_closing, transport.abort

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(START):
            self._head = data
            self._loop.call_soon(self._send_head)
            return
        self._transport.write(data)

    def write_eof(self) -> None:
        self._send_head()
        self._transport.write_eof()

    def close(self) -> None:
        self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            if not self._transport.is_closing():
                self._transport.write(head)
