"""Which addresses a webhook may be sent to.

A person who registers a webhook makes this machine send requests. So by default they go to the public internet only: not to
this machine, its network, or an address that a translator or tunnel maps to them. The blocks are those of the IANA IPv4 and
IPv6 Special-Purpose Address Registries (RFC 6890).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import msgspec

from infra.networks import Network

SPECIAL_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by customers of a provider
            "127.0.0.0/8",  # this machine
            "169.254.0.0/16",  # this link; clouds answer here with credentials
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # automatic multicast tunneling
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# All unicast addresses of the IPv6 internet are in this block. Outside of it are ::/96, fc00::/7, fe80::/10, fec0::/10,
# ff00::/8, 64:ff9b:1::/48 and the rest.
UNICAST = IPv6Network("2000::/3")
SPECIAL_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo (2001::/32) among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
# A translator (NAT64, RFC 6052) maps these to IPv4 addresses: networks without IPv4 reach the IPv4 internet so.
TRANSLATED = IPv6Network("64:ff9b::/96")
EVERYTHING: tuple[Network, ...] = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))


def is_public(address: str) -> bool:
    """Whether this is an address of the public internet. An IPv4 address inside an IPv6 address decides for it."""
    match _plain(address):
        case IPv4Address() as four:
            return not any(four in special for special in SPECIAL_IPV4)
        case six:
            return six in UNICAST and not any(six in special for special in SPECIAL_IPV6)


class Reach(msgspec.Struct, frozen=True):
    """Where webhooks may be sent: to the public internet, and also to `networks`. `http` allows URLs without TLS."""

    networks: tuple[Network, ...] = ()
    http: bool = False

    def permits(self, address: str) -> bool:
        plain = _plain(address)
        return is_public(address) or any(plain in network for network in self.networks)


PUBLIC = Reach()


def refused(addresses: Iterable[str], reach: Reach) -> str | None:
    """Why these addresses of a host are refused; None if all of them are permitted. The text names no address."""
    if all(map(reach.permits, addresses)):
        return None
    return "The receiver has an address that is not public, and not in RECOUNT_WEBHOOK_NETWORKS."


def _plain(address: str) -> IPv4Address | IPv6Address:
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv4Address):
        return parsed
    translated = IPv4Address(int(parsed) & 0xFFFFFFFF) if parsed in TRANSLATED else None
    return parsed.ipv4_mapped or translated or parsed
