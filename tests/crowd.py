"""Many clients at once. They write HTTP/1.1 directly to sockets: any client library would be slower than the server."""

from __future__ import annotations

import asyncio
import itertools
import re
import resource
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

import uvloop

T = TypeVar("T")

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
AGAIN = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)
LAST_CHUNK = b"0\r\n\r\n"
# File descriptors that this process and the server need besides their connections.
SPARE = 200


class Answer(NamedTuple):
    """`status` is 0 if the connection ended without an answer. `seconds` count from the client's first attempt to send.

    `began` is a time of the monotonic clock, `again` the answer's Retry-After.
    """

    status: int
    began: float
    seconds: float
    again: int | None
    body: bytes


Request = Callable[[], bytes]


def request(url: str, headers: Mapping[str, str], method: str = "GET", body: bytes = b"") -> bytes:
    """The bytes of a request."""
    at = urlsplit(url)
    target = at.path + (f"?{at.query}" if at.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {at.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}"] if method != "GET" else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def most_connections(wanted: int) -> int:
    """Raises this process's limit of open files. Returns how many of the wanted connections it allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted + SPARE if hard == resource.RLIM_INFINITY else min(hard, wanted + SPARE)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, limit), hard))
    return min(wanted, limit - SPARE)


def at_once(url: str, sent: Iterable[bytes]) -> list[Answer]:
    """Opens a connection for each request, all at once, and sends it."""

    async def all_of_them() -> list[Answer]:
        return await asyncio.gather(*(_alone(url, one) for one in sent))

    return _run(all_of_them())


class Load(NamedTuple):
    """Connections, each of which sends its next request when the last one is answered.

    A `patient` client waits after a refusal as long as Retry-After says. Another one sends the next request immediately.
    """

    next: Request
    connections: int
    patient: bool = True


def steadily(url: str, loads: Sequence[Load], seconds: float) -> list[list[Answer]]:
    """The answers to each load, all running together."""

    async def all_of_them() -> list[list[Answer]]:
        until = time.perf_counter() + seconds
        return await asyncio.gather(*(_load(url, load, until) for load in loads))

    return _run(all_of_them())


def percentile(answers: Iterable[Answer], share: float) -> float:
    """Seconds within which this share of the answers came. Raises IndexError if there are none."""
    seconds = sorted(answer.seconds for answer in answers)
    return seconds[min(len(seconds) - 1, int(share * len(seconds)))]


def of(answers: Iterable[Answer], *statuses: int) -> list[Answer]:
    return [answer for answer in answers if answer.status in statuses]


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _load(url: str, load: Load, until: float) -> list[Answer]:
    answers: list[Answer] = []
    await asyncio.gather(*(_client(url, load, until, answers) for _ in range(load.connections)))
    return answers


async def _client(url: str, load: Load, until: float, answers: list[Answer]) -> None:
    connection: _Connection | None = None
    while (began := time.perf_counter()) < until:
        if connection is None or connection.ended:
            connection = await _connected(url)
        answer = await _answered(connection, load.next(), began) if connection else Answer(0, began, 0.0, None, b"")
        answers.append(answer)
        if load.patient and answer.status in (0, 429, 503):
            await asyncio.sleep(min(answer.again or 1, max(until - time.perf_counter(), 0)))
    if connection:
        connection.close()


async def _alone(url: str, sent: bytes) -> Answer:
    began = time.perf_counter()
    connection = await _connected(url)
    if connection is None:
        return Answer(0, began, time.perf_counter() - began, None, b"")
    answer = await _answered(connection, sent, began)
    connection.close()
    return answer


async def _connected(url: str) -> _Connection | None:
    at = urlsplit(url)
    try:
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, at.hostname or "", at.port or 80)
    except OSError:
        return None
    return connection


async def _answered(connection: _Connection, sent: bytes, began: float) -> Answer:
    head, body = await connection.ask(sent)
    seconds = time.perf_counter() - began
    again = AGAIN.search(head)
    return Answer(int(head[9:12]) if head else 0, began, seconds, int(again[1]) if again else None, body)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.ended = False
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[bytes, bytes]] | None = None

    def ask(self, sent: bytes) -> asyncio.Future[tuple[bytes, bytes]]:
        """Head and body of the answer; both are empty if the connection ends before it."""
        self._answer = asyncio.get_running_loop().create_future()
        if self.ended:
            self._answer.set_result((b"", b""))
        else:
            self._transport.write(sent)
        return self._answer

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        self.ended = True
        self._settle(b"", b"")

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, gap, body = bytes(self._received).partition(b"\r\n\r\n")
        if not gap:
            return
        length = LENGTH.search(head)
        if len(body) >= int(length[1]) if length else body.endswith(LAST_CHUNK):
            self._received.clear()
            self._settle(head, body)

    def _settle(self, head: bytes, body: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((head, body))


def numbered(make: Callable[[int], bytes]) -> Request:
    """Requests that are all different."""
    counter = itertools.count()
    return lambda: make(next(counter))
