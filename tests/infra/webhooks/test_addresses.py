"""Webhooks go to the public internet, and to the networks that the settings name."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from infra.networks import networks
from infra.settings import Settings
from infra.webhooks.addresses import SPECIAL_IPV4, SPECIAL_IPV6, UNICAST, Reach, is_public

THIS_MACHINE = ("127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1")
ITS_NETWORK = ("10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "fe80::1%eth0", "fc00::1", "fec0::1")
TRANSLATED = ("64:ff9b:1::5db8:d822", "2002:5db8:d822::", "2001:0:5db8:d822::1", "::ffff:0:5db8:d822", "::5db8:d822")
EVERYBODY = ("224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1", "ff0e::1")
RESERVED = ("192.0.0.8", "198.18.0.1", "203.0.113.1", "192.88.99.1", "2001:db8::1", "3fff::1", "100::1", "5f00::1", "4000::1")


@pytest.mark.parametrize("address", [*THIS_MACHINE, *ITS_NETWORK, *TRANSLATED, *EVERYBODY, *RESERVED])
def test_addresses_of_a_machine_a_network_a_tunnel_or_a_reserved_block_are_not_public(address: str) -> None:
    assert not is_public(address)


INTERNET = ("93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822")


@pytest.mark.parametrize("address", INTERNET)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_address_decides_for_it(address: IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        assert is_public(str(IPv6Address(int(IPv6Address(prefix)) + int(address)))) is is_public(str(address))


@given(st.sampled_from([*SPECIAL_IPV4, *SPECIAL_IPV6]), st.integers(0))
def test_no_address_of_a_special_block_is_public(block: Any, n: int) -> None:
    assert not is_public(str(block[n % block.num_addresses]))


@given(st.ip_addresses(v=6))
def test_ipv6_addresses_are_public_only_in_the_block_of_the_internet(address: IPv6Address) -> None:
    assert not is_public(str(address)) or address in UNICAST or address.ipv4_mapped or str(address).startswith("64:ff9b::")


def test_networks_of_the_settings_are_permitted_in_each_form_of_their_addresses() -> None:
    reach = Reach(networks("10.0.0.0/8, fd00:1::/32"))
    assert all(map(reach.permits, ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00:1::7", "93.184.216.34")))
    assert not any(map(reach.permits, ("127.0.0.1", "192.168.0.1", "fd00:2::7", "::1", "2002:a01:203::")))


def test_settings_name_the_networks_or_allow_everything() -> None:
    assert Settings(webhook_networks="10.0.0.0/8").webhook_reach == Reach(networks("10.0.0.0/8"))
    assert Settings().webhook_reach == Reach()
    everywhere = Settings(webhook_private=True).webhook_reach
    assert everywhere.http
    assert all(map(everywhere.permits, [*THIS_MACHINE, *ITS_NETWORK, *TRANSLATED]))


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "10.0.0.0/33", "intranet", "10.0.0.0/8;fd00::/8"])
def test_a_wrong_network_is_refused_at_start_by_name(wrong: str) -> None:
    with pytest.raises(ValidationError, match="webhook_networks"):
        Settings(webhook_networks=wrong)
