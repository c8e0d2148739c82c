"""Keys that fail are counted per address; a valid key works from any address at any time."""

from __future__ import annotations

import math
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from api.shared import buckets, failed_keys
from api.shared.addresses import NOBODY, caller_address, subscriber
from api.shared.failed_keys import AT_ONCE, FailedKeys
from tests.api.client import Client
from tests.api.conftest import World

HOME = ip_address("192.0.2.1")


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(buckets, "time", clock)
    return clock


def counted(status: str) -> float:
    return REGISTRY.get_sample_value("recount_failed_keys_total", {"status": status}) or 0.0


def test_an_address_fails_some_times_and_is_then_refused_until_the_stated_time(clock: Clock) -> None:
    failed = FailedKeys()
    assert [failed.wait_after(HOME) for _ in range(AT_ONCE)] == [0] * AT_ONCE
    wait = failed.wait_after(HOME)
    assert wait == 1
    clock.now += wait
    assert failed.wait_after(HOME) == 0
    assert failed.wait_after(HOME) > 0
    assert failed.wait_after(ip_address("192.0.2.2")) == 0


@given(st.lists(st.floats(0, 5), max_size=200))
def test_no_address_fails_more_often_than_the_bucket_allows(pauses: list[float]) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(buckets, "time", clock)
        failed, allowed, start = FailedKeys(), 0, clock.now
        for pause in pauses:
            clock.now += pause
            allowed += failed.wait_after(HOME) == 0
            assert allowed <= AT_ONCE + math.ceil((clock.now - start) / failed_keys.SECONDS_EACH)


def test_an_ipv6_network_counts_as_one_caller_and_ipv4_addresses_each(clock: Clock) -> None:
    failed = FailedKeys()
    waits = [failed.wait_after(ip_address(f"2001:db8::{number:x}")) for number in range(AT_ONCE + 1)]
    assert waits == [0] * AT_ONCE + [1]
    assert failed.wait_after(ip_address("2001:db8:0:1::")) == 0


def test_only_so_many_addresses_are_remembered_and_the_longest_quiet_one_is_forgotten(clock: Clock) -> None:
    failed = FailedKeys(addresses=3)
    for number in range(100):
        failed.wait_after(ip_address(f"192.0.2.{number}"))
        assert len(failed) <= 3
    for _ in range(AT_ONCE - 1):
        failed.wait_after(ip_address("192.0.2.99"))
    failed.wait_after(ip_address("192.0.2.200"))
    failed.wait_after(ip_address("192.0.2.201"))
    assert failed.wait_after(ip_address("192.0.2.99")) > 0


def test_a_valid_key_works_from_an_address_that_sent_too_many_bad_ones(world: World) -> None:
    before = counted("401"), counted("429")
    bad = {"Authorization": "Bearer rk_nobody"}
    answers = [world.client.get("/v1/customers", headers=bad) for _ in range(AT_ONCE + 5)]
    assert answers[0].status_code == 401
    refused = answers[-1]
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-failed-keys")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (counted("401"), counted("429")) > before
    for _ in range(3):
        # A key that this process has never seen is valid too.
        assert world.client.get("/v1/customers", headers=world.key("agent")).status_code == 200


def test_requests_without_a_key_are_not_counted(world: World) -> None:
    stranger = Client(world.app)
    before = counted("401"), counted("429")
    for _ in range(AT_ONCE + 5):
        assert stranger.get("/v1/customers").status_code == 401
    stranger.close()
    assert (counted("401"), counted("429")) == before


TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("client", "headers", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        # Anybody can write the header: it counts only if a trusted proxy passes it on.
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7 ,10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("fd00::1", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        # A proxy that names no address stands for its callers itself.
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["\xff\x00, 198.51.100.7, 10.0.0.2, _hidden"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, " + "10.0.0.9, " * 20_000 + "10.0.0.2"], "10.0.0.9"),
        ("", [], str(NOBODY)),
    ],
)
def test_the_address_is_the_last_one_that_is_not_a_trusted_proxy(client: str, headers: list[str], address: str) -> None:
    sent = [(b"x-forwarded-for", value.encode("latin-1")) for value in headers]
    scope: dict[str, Any] = {"client": (client, 1) if client else None, "headers": [(b"host", b"x"), *sent]}
    assert caller_address(scope, TRUSTED) == ip_address(address)


@given(st.ip_addresses(), st.lists(st.text(st.characters(codec="latin-1"), max_size=50), max_size=5))
def test_no_header_breaks_the_search_for_the_address(client: Any, headers: list[str]) -> None:
    sent = [(b"x-forwarded-for", value.encode("latin-1")) for value in headers]
    scope = {"client": (str(client), 1), "headers": sent}
    subscriber(caller_address(scope, (ip_network("0.0.0.0/0"), ip_network("::/0"))))
