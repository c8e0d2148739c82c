"""Hundreds of receivers on one port: those that answer, those that answer slowly, and those that never do."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

SLOW_SECONDS = 0.3


class Crowd:
    """`taken` has the positions that each receiver was sent, by its name. `hanging` counts the requests without an answer.

    The path of a URL is `/<manner>/<name>`: the manners are `quick`, `slow` and `dead`.
    """

    def __init__(self) -> None:
        self.base = ""
        self.taken: dict[str, list[int]] = defaultdict(list)
        self.hanging = 0
        self.most = 0
        self._open = 0

    def url(self, manner: str, name: object) -> str:
        return f"{self.base}/{manner}/{name}"

    def arrived(self) -> int:
        return sum(map(len, list(self.taken.values())))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self.most = max(self.most, self._open)
        try:
            while True:
                await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            """The sender has closed the connection."""
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        body = await reader.readexactly(length)
        _, manner, name = head.split(" ")[1].split("/")
        if manner == "dead":
            self.hanging += 1
            await reader.read()
            raise ConnectionError
        if manner == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        self.taken[name].append(json.loads(body)["position"])
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()


@contextmanager
def a_crowd() -> Iterator[Crowd]:
    crowd, ready, loop = Crowd(), threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()

    async def run() -> None:
        server = await asyncio.start_server(crowd.serve, "127.0.0.1", 0, backlog=1000)
        crowd.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), name="crowd")
    thread.start()
    ready.wait()
    try:
        yield crowd
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
