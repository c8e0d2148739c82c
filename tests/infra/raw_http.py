"""HTTP as bytes on a socket, for what no proper client sends."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from tests.waiting import PATIENCE

GET = b"GET / HTTP/1.1\r\nHost: recount\r\n\r\n"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> Any:
        assert self.headers["content-type"] == "application/problem+json"
        return msgspec.json.decode(self.body)


class Raw:
    """A connection. Every read fails after PATIENCE seconds."""

    def __init__(self, url: str, receive_buffer: int | None = None) -> None:
        at = urlsplit(url)
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((at.hostname, at.port))
        self._stream = self.socket.makefile("rb")

    def close(self) -> None:
        """The socket stays open as long as its stream is."""
        self._stream.close()
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def send_until_refused(self, piece: bytes, most: int) -> int:
        """Send the piece again and again until an answer or the end is there. Returns the number of bytes, `most` at most."""
        sent = 0
        self.socket.settimeout(0)
        while sent < most and not self._is_answered():
            try:
                sent += self.socket.send(piece)
            except BlockingIOError:
                continue
        self.socket.settimeout(PATIENCE)
        return sent

    def _is_answered(self) -> bool:
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        return True

    def answer(self) -> Answer:
        """The next answer. Raises EOFError if the server closed the connection instead."""
        line = self._stream.readline()
        if not line:
            raise EOFError
        headers = dict(self._header_lines())
        if headers.get("transfer-encoding") == "chunked":
            body = b"".join(self.chunks())
        else:
            body = self._stream.read(int(headers["content-length"]))
        return Answer(int(line.split()[1]), headers, body)

    def head(self) -> dict[str, str]:
        """The headers of the next answer, whose body is not read."""
        self._stream.readline()
        return dict(self._header_lines())

    def read(self, size: int) -> bytes:
        return self._stream.read(size)

    def chunks(self) -> Iterator[bytes]:
        while size := int(self._stream.readline(), 16):
            yield self._stream.read(size)
            self._stream.readline()
        self._stream.readline()

    def is_closed(self) -> bool:
        """Waits for the end; whether nothing else came before it. A reset is an end too."""
        try:
            return self._stream.read(1) == b""
        except ConnectionResetError:
            return True

    def is_reset(self) -> bool:
        """Whether the server has reset the connection. Reads nothing. True only once: then whatever is sent fails."""
        return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0

    def _header_lines(self) -> Iterator[tuple[str, str]]:
        while line := self._stream.readline().strip():
            name, _, value = line.decode().partition(":")
            yield name.lower(), value.strip()


@contextmanager
def raw(url: str, receive_buffer: int | None = None) -> Iterator[Raw]:
    connection = Raw(url, receive_buffer)
    try:
        yield connection
    finally:
        connection.close()
