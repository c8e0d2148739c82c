"""A small application on the real HTTP server, which shows what reaches the application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import msgspec
import pytest
from starlette.types import Receive, Scope, Send

from infra.settings import Settings
from tests.api.served import served

LARGE = 32 * 1024 * 1024
WHOLE = bytes(LARGE)


class Application:
    """Answers with what it received.

    `/large` answers with LARGE bytes in pieces, `/whole` at once, `/early` before the body is there, `/hold` after `release`.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.seen: list[str] = []
        self.holding = 0
        self._released = asyncio.Event()

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._released.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(f"{scope['method']} {scope['path']}")
        if scope["path"] == "/hold":
            self._loop = asyncio.get_running_loop()
            self.holding += 1
            await self._released.wait()
        if scope["path"] in ("/early", "/whole"):
            await self._send(send, WHOLE if scope["path"] == "/whole" else b"early")
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.seen.append("gone")
                return
            body, more = body + message["body"], message["more_body"]
        if scope["path"] == "/large":
            await self._send_large(send)
        else:
            names = [name.decode() for name, _ in scope["headers"]]
            await self._send(send, msgspec.json.encode({"path": scope["path"], "headers": names, "body": body.decode()}))

    async def _send(self, send: Send, body: bytes) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    async def _send_large(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % LARGE)]})
        piece = bytes(65536)
        for left in range(LARGE, 0, -len(piece)):
            await send({"type": "http.response.body", "body": piece, "more_body": left > len(piece)})
        self.seen.append("sent")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Application, Callable[..., str]]]:
    """The application, and a function that starts a server with some settings or finds the one that has them."""
    application, urls = Application(), dict[str, str]()
    with ExitStack() as stack:

        def on(**settings: object) -> str:
            if str(settings) not in urls:
                urls[str(settings)] = stack.enter_context(served(application, Settings.model_validate(settings)))
            return urls[str(settings)]

        yield application, on


@pytest.fixture
def application(servers: tuple[Application, Callable[..., str]]) -> Iterator[Application]:
    """The application, with nothing seen. What is still held at the end of the test is answered."""
    application, _ = servers
    application.forget()
    yield application
    if application.holding:
        application.release()


@pytest.fixture
def on(servers: tuple[Application, Callable[..., str]], application: Application) -> Callable[..., str]:
    """The address of the server with these settings."""
    return servers[1]
