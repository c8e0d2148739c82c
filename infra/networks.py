"""Networks in settings: CIDR notation, with commas between them."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """The networks and addresses in the text, such as `10.0.0.0/8, ::1`. Raises ValueError."""
    return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
