"""TLS in front of a PostgreSQL server: the PostgreSQL of the tests is built without it.

It speaks the first step of PostgreSQL's protocol (SSLRequest, answered with `S`), then TLS, and passes everything on. A client
that does not ask for TLS is cut off. Unlike a server with TLS of its own, it offers no channel binding.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Queue

from tests.infra.transport.certificates import Certified

SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)


@contextmanager
def tls_front(server_port: int, certified: Certified) -> Iterator[int]:
    """The port to connect to on 127.0.0.1."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certified.both)
    ports, ended = Queue[int](), threading.Event()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError, IncompleteReadError):
            if await reader.readexactly(len(SSL_REQUEST)) == SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(context)
                server = await asyncio.open_connection("127.0.0.1", server_port)
                await asyncio.gather(_pass_on(reader, server[1]), _pass_on(server[0], writer))
        writer.close()

    async def listen() -> None:
        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        ports.put(listening.sockets[0].getsockname()[1])
        await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(listen()))
    thread.start()
    yield ports.get()
    ended.set()
    thread.join()


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    writer.close()
