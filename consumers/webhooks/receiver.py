"""The receiver of a webhook: an allowed address, and a connection that is kept while events follow.

A person who registers a webhook makes this machine send requests. So the host name is resolved only once, all its addresses
must be public, and the connection uses one of these addresses. No redirect is followed, and no proxy is used.
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
# The largest number of characters kept of a failure's reason.
REASON = 200
# Bytes of an answer that are read and ignored, to keep the connection. After a longer answer the connection is closed.
ANSWER = 64 * 1024
# IPv6 addresses that a translator (NAT64, RFC 6052) maps to IPv4 addresses, which may be in the own network.
TRANSLATED = IPv6Network("64:ff9b::/96")


class Undelivered(Exception):
    """The receiver did not accept the event. The text gives the reason, and no content of request or answer."""


class Receiver:
    """A connected receiver; it gets one event after another."""

    def __init__(self, client: httpx.AsyncClient, url: httpx.URL, address: str) -> None:
        self._client = client
        self._url = url.copy_with(host=address)
        self._host = url.netloc.decode()
        self._extensions = {"sni_hostname": url.host}

    async def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Sends one event. Raises Undelivered unless the answer is 2xx in time. Only the status of the answer is used."""
        sent = self._client.stream(
            "POST", self._url, content=body, headers={**headers, "Host": self._host}, extensions=self._extensions
        )
        with _undelivered():
            async with asyncio.timeout(SECONDS), sent as answer:
                if not answer.is_success:
                    raise Undelivered(f"The receiver answered {answer.status_code}.")
                await _skip(answer)


@asynccontextmanager
async def reached(url: str, private: bool) -> AsyncIterator[Receiver]:
    """The receiver at this URL. Addresses that are not public need `private`. Raises Undelivered."""
    with _undelivered():
        parsed = httpx.URL(url)
        async with asyncio.timeout(SECONDS):
            address = await _address(parsed, private)
    async with httpx.AsyncClient(verify=_trust(), trust_env=False, timeout=SECONDS) as client:
        yield Receiver(client, parsed, address)


def is_public(address: str) -> bool:
    """Whether the address is on the public internet: not this machine, its network or a reserved block.

    If an IPv6 address contains an IPv4 address, that one is checked.
    """
    parsed = ip_address(address.partition("%")[0])
    embedded = _embedded(parsed) if isinstance(parsed, IPv6Address) else None
    plain = embedded or parsed
    return plain.is_global and not plain.is_multicast


def _embedded(address: IPv6Address) -> IPv4Address | None:
    translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in TRANSLATED else None
    return address.ipv4_mapped or address.sixtofour or translated


async def _skip(answer: httpx.Response) -> None:
    async for _ in answer.aiter_raw():
        if answer.num_bytes_downloaded > ANSWER:
            break


async def _address(url: httpx.URL, private: bool) -> str:
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [str(place[0]) for *_, place in found]
    if not private and not all(map(is_public, addresses)):
        raise Undelivered("The receiver has an address that is not public; RECOUNT_WEBHOOK_PRIVATE=true permits those.")
    return addresses[0]


@contextmanager
def _undelivered() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise Undelivered(f"The receiver did not answer within {SECONDS:g} s.") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise Undelivered(f"{type(error).__name__}: {error}"[:REASON]) from None


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
