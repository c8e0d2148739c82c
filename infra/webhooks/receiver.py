"""The receiver of a webhook: a permitted address, and a connection that is kept while messages follow.

The host name is resolved only once, all its addresses must be permitted, and the connection uses one of these addresses: so a
name that changes between check and call reaches nothing. No redirect is followed, and no proxy is used. A reason never contains
anything that the other side sent, except the status: nobody can read an internal service through a webhook.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import cache

import httpx

from infra.webhooks.addresses import Reach, refused
from infra.webhooks.message import Message

SECONDS = 10.0
"""How long a connection may take, with the look-up of the name, and how long a message and its answer may take."""
CHECK_SECONDS = 3.0
# The largest number of characters kept of a failure's reason.
REASON = 200
# Bytes of an answer that are read and ignored, to keep the connection. After a longer answer the connection is closed.
ANSWER = 64 * 1024
SCHEMES = {"http": 80, "https": 443}
NO_TLS = "The URL must begin with https://, because RECOUNT_WEBHOOK_HTTP is not set."


class Undelivered(Exception):
    """The receiver did not accept the message. `status` is that of its answer, if it answered."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class Receiver:
    """A connected receiver; it gets one message after another."""

    def __init__(self, client: httpx.AsyncClient, url: httpx.URL, place: httpx.URL) -> None:
        self._client = client
        self._url = place
        self._host = url.netloc.decode()
        self._extensions = {"sni_hostname": _name(url)}

    async def post(self, message: Message) -> int:
        """Sends one message, and returns the status of the answer. Raises Undelivered unless that is 2xx, in time."""
        headers = {**message.headers, "Host": self._host}
        sent = self._client.stream("POST", self._url, content=message.body, headers=headers, extensions=self._extensions)
        with _undelivered():
            async with asyncio.timeout(SECONDS), sent as answer:
                if not answer.is_success:
                    raise Undelivered(f"The receiver answered {answer.status_code}.", answer.status_code)
                await _skip(answer)
                return answer.status_code


@asynccontextmanager
async def reached(url: str, reach: Reach, resolving: Executor) -> AsyncIterator[Receiver]:
    """The receiver at this URL; names are looked up by `resolving`. Raises Undelivered."""
    with _undelivered():
        parsed = httpx.URL(url)
        async with asyncio.timeout(SECONDS):
            address = await _address(parsed, reach, resolving)
            place = parsed.copy_with(host=address)
    async with httpx.AsyncClient(verify=_trust(), trust_env=False, timeout=SECONDS) as client:
        yield Receiver(client, parsed, place)


async def misplaced(url: str, reach: Reach, resolving: Executor) -> str | None:
    """Why nothing would be sent to this URL; None if it is permitted.

    A name without an address, or whose look-up takes longer than CHECK_SECONDS, is permitted: it is checked at each connection.
    """
    try:
        parsed = httpx.URL(url)
        if parsed.scheme == "http" and not reach.http:
            return NO_TLS
        async with asyncio.timeout(CHECK_SECONDS):
            return refused(await _addresses(parsed, resolving), reach)
    except (httpx.InvalidURL, UnicodeError):
        return "The URL has no valid host."
    except (TimeoutError, OSError):
        return None


def resolver(threads: int) -> Executor:
    """Threads that look names up. A look-up cannot be ended, so a dead name server holds a thread for half a minute."""
    return ThreadPoolExecutor(threads, thread_name_prefix="resolving")


async def _skip(answer: httpx.Response) -> None:
    async for _ in answer.aiter_raw():
        if answer.num_bytes_downloaded > ANSWER:
            break


async def _address(url: httpx.URL, reach: Reach, resolving: Executor) -> str:
    if url.scheme == "http" and not reach.http:
        raise Undelivered(NO_TLS)
    addresses = await _addresses(url, resolving)
    if reason := refused(addresses, reach):
        raise Undelivered(reason)
    return addresses[0]


async def _addresses(url: httpx.URL, resolving: Executor) -> list[str]:
    loop, port = asyncio.get_running_loop(), url.port or SCHEMES[url.scheme]
    found = await loop.run_in_executor(resolving, socket.getaddrinfo, _name(url), port, 0, socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


def _name(url: httpx.URL) -> str:
    """The host as the URL has it. Python would encode a decoded name by other rules: `xn--fa-hia.de` would become `fass.de`."""
    return url.raw_host.decode()


@contextmanager
def _undelivered() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise Undelivered(f"The receiver did not answer within {SECONDS:g} s.") from None
    except httpx.RemoteProtocolError:
        raise Undelivered("The receiver did not answer with valid HTTP.") from None
    except (httpx.ConnectError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise Undelivered(f"{type(error).__name__}: {error}"[:REASON]) from None
    except httpx.HTTPError as error:
        raise Undelivered(f"{type(error).__name__}: The connection failed.") from None


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
