"""Who is sent events: an address that may be sent to, and a connection kept for as long as events follow.

Whoever registers a webhook makes this machine send requests. So a name is looked up once, every address that it has must be a
public one, and the connection goes to that address and no other; no redirect is followed and no proxy asked.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

SECONDS = 10.0
# Characters of a reason that are kept.
REASON = 200
# Bytes of an answer that are passed over for the sake of its connection; a longer one is cut off with it.
ANSWER = 64 * 1024
# Addresses of the IPv4 internet as a translator on the way shows them (RFC 6052): it may be one's own network.
TRANSLATED = IPv6Network("64:ff9b::/96")


class Undelivered(Exception):
    """The receiver did not take it. The text says why, and nothing of what was sent or answered."""


class Receiver:
    """Takes one event after another."""

    def __init__(self, client: httpx.AsyncClient, url: httpx.URL, address: str) -> None:
        self._client = client
        self._url = url.copy_with(host=address)
        self._host = url.netloc.decode()
        self._extensions = {"sni_hostname": url.host}

    async def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises Undelivered unless it answers 2xx in time. Of the answer only the status is looked at."""
        sent = self._client.stream(
            "POST", self._url, content=body, headers={**headers, "Host": self._host}, extensions=self._extensions
        )
        with _undelivered():
            async with asyncio.timeout(SECONDS), sent as answer:
                if not answer.is_success:
                    raise Undelivered(f"It answered {answer.status_code}.")
                await _pass_over(answer)


@asynccontextmanager
async def reached(url: str, private: bool) -> AsyncIterator[Receiver]:
    """The receiver at this URL; `private` addresses only where that is said. Raises Undelivered."""
    with _undelivered():
        told = httpx.URL(url)
        async with asyncio.timeout(SECONDS):
            address = await _address(told, private)
    async with httpx.AsyncClient(verify=_trust(), trust_env=False, timeout=SECONDS) as client:
        yield Receiver(client, told, address)


def is_public(address: str) -> bool:
    """Whether it is of the internet: none of this machine, its network or a reserved block, in whatever form it is written."""
    told = ip_address(address.partition("%")[0])
    embedded = _embedded(told) if isinstance(told, IPv6Address) else None
    plain = embedded or told
    return plain.is_global and not plain.is_multicast


def _embedded(address: IPv6Address) -> IPv4Address | None:
    translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in TRANSLATED else None
    return address.ipv4_mapped or address.sixtofour or translated


async def _pass_over(answer: httpx.Response) -> None:
    async for _ in answer.aiter_raw():
        if answer.num_bytes_downloaded > ANSWER:
            break


async def _address(url: httpx.URL, private: bool) -> str:
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [str(place[0]) for *_, place in found]
    if not private and not all(map(is_public, addresses)):
        raise Undelivered("It has an address that is not public; RECOUNT_WEBHOOK_PRIVATE=true permits those.")
    return addresses[0]


@contextmanager
def _undelivered() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise Undelivered(f"It did not answer within {SECONDS:g} s.") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise Undelivered(f"{type(error).__name__}: {error}"[:REASON]) from None


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
