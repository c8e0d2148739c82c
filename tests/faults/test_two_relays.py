"""The lock of the relay saves work. Without it, each event is still applied once and in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.books import Books
from tests.faults.deployment import Deployment, Servers, deployed
from tests.faults.traffic import Traffic
from tests.faults.verdict import verdict

pytestmark = [pytest.mark.servers, pytest.mark.faults]

RELAYS = ("relay-1", "relay-2")
COMMANDS = 800


@pytest.fixture
def small(fault_servers: Servers) -> Iterator[Deployment]:
    with deployed(fault_servers, ("api-1", *RELAYS, "projector-1")) as running:
        yield running


def test_two_active_relays_without_a_lock_duplicate_no_event(small: Deployment) -> None:
    for relay in RELAYS:
        small.restart(relay, ("unlocked",))
    books = Books()
    with Traffic(small.urls, small.key, books, "two relays") as traffic:
        traffic.wait_for_more(COMMANDS)
        for relay in RELAYS:
            assert "relay.resumed" in small.output(relay)
    figures = verdict(small, books)
    print(figures)
    assert figures.duplicates > 0, "both relays have sent"
