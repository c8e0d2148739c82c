"""How the HTTP server accepts connections."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack

import httpx
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.http.server import Server
from infra.settings import Settings
from tests.waiting import PATIENCE

NEW, ROUNDS = 32, 4


def test_many_connections_are_accepted_in_each_round_of_the_event_loop() -> None:
    ready, busy, go_on = threading.Event(), threading.Event(), threading.Event()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        busy.set()
        go_on.wait(PATIENCE)
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        await Response(str(len(server.server_state.connections)))(scope, receive, send)

    server = Server(application, Settings(), ready.set)
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=2 * NEW))
        at = listening.getsockname()
        serving = threading.Thread(target=server.run, args=([listening],))
        serving.start()
        stack.callback(serving.join)
        stack.callback(setattr, server, "should_exit", True)
        assert ready.wait(PATIENCE)
        counted: list[int] = []
        asking = threading.Thread(
            target=lambda: counted.append(int(httpx.get(f"http://{at[0]}:{at[1]}", timeout=PATIENCE).text))
        )
        asking.start()
        assert busy.wait(PATIENCE)
        for _ in range(NEW):
            stack.enter_context(socket.create_connection(at))
        go_on.set()
        asking.join()
    assert counted == [NEW + 1]
