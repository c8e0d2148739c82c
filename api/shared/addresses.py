"""The address that a request comes from.

Behind proxies it is the last address in X-Forwarded-For that is not one of the trusted proxies. Each proxy appends the address
that it was called from, so everything left of that was written by the caller, and is worth nothing. `Forwarded` is not read: a
proxy that sets one header passes the other on unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.types import Scope

from infra.networks import Network

Address = IPv4Address | IPv6Address

NOBODY: Address = IPv6Address(0)
"""Stands for a caller without an address, such as one on a Unix socket."""
# A chain of more proxies is not read to its end.
LONGEST_CHAIN = 16
SUBSCRIBER = 64
"""Bits of an IPv6 address that stand for one subscriber, who can choose the other bits as they like."""


def is_trusted(scope: Scope, trusted: Sequence[Network]) -> bool:
    """Whether the connection comes from a trusted proxy."""
    return _is_in(_connected(scope), trusted)


def caller_address(scope: Scope, trusted: Sequence[Network]) -> Address:
    """The address of the caller, by the connection and the trusted proxies in front of it."""
    address = _connected(scope)
    if not _is_in(address, trusted):
        return address
    for hop in _hops(scope):
        if hop is None:
            break
        address = hop
        if not _is_in(hop, trusted):
            break
    return address


def subscriber(address: Address) -> Address:
    """The address, or the network of an IPv6 address, that stands for one caller."""
    if isinstance(address, IPv4Address):
        return address
    return IPv6Address(int(address) >> (128 - SUBSCRIBER) << (128 - SUBSCRIBER))


def _connected(scope: Scope) -> Address:
    """The address at the other end of the connection."""
    client = scope.get("client")
    return (_parsed(client[0]) if client else None) or NOBODY


def _hops(scope: Scope) -> Iterator[Address | None]:
    """The addresses in X-Forwarded-For from the right. None for one that cannot be read."""
    stated = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    for hop in reversed(stated.decode("latin-1").rsplit(",", LONGEST_CHAIN)[-LONGEST_CHAIN:]):
        yield _parsed(hop.strip())


def _parsed(text: str) -> Address | None:
    """An address, also with a port; one in IPv6 that stands for IPv4 is that IPv4 address. None if it is not an address."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
