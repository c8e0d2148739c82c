"""A process that is killed at the worst moment, just before or after a commit, loses and duplicates no event."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.altered import KILLED
from tests.faults.books import Books
from tests.faults.deployment import Deployment, Servers, deployed
from tests.faults.traffic import Traffic
from tests.faults.verdict import verdict

pytestmark = [pytest.mark.servers, pytest.mark.faults]

PROCESSES = ("api-1", "api-2", "relay-1", "projector-1")
CALL = "20"
STORE = "infra.event_store.postgres:PostgresRecorder"

POINTS = {
    "a worker before it writes": ("api-1", "kill_before", f"{STORE}._commit"),
    "a worker that has written and not committed": ("api-1", "kill_after", f"{STORE}._commit"),
    "a worker that has committed and not answered": ("api-1", "kill_after", f"{STORE}.commit"),
    "the relay before it sends": ("relay-1", "kill_before", "infra.kafka.producer:Producer.send"),
    "the relay between acknowledgement and checkpoint": ("relay-1", "kill_after", "infra.kafka.producer:Producer.send"),
    "the relay after the checkpoint": ("relay-1", "kill_after", "infra.read_models.checkpoints:advance"),
    "a projector that has written and not committed": ("projector-1", "kill_after", "consumers.projecting.commits:fold"),
    "a projector that has committed": ("projector-1", "kill_before", "consumers.projecting.lane:Lane.holds"),
}


@pytest.fixture(scope="module")
def small(fault_servers: Servers) -> Iterator[Deployment]:
    with deployed(fault_servers, PROCESSES) as running:
        yield running


@pytest.fixture(scope="module")
def books() -> Books:
    """The record of all tests of this module, which share one deployment."""
    return Books()


@pytest.mark.parametrize("point", POINTS)
def test_no_event_is_lost_or_duplicated_by_killing(point: str, small: Deployment, books: Books) -> None:
    target, when, named = POINTS[point]
    small.restart(target, (when, named, CALL))
    with Traffic(small.urls, small.key, books, point) as traffic:
        small.wait_until_dead(target)
        assert KILLED in small.output(target)
        traffic.wait_for_more(20)
        small.restart(target)
        traffic.wait_for_more(20)
    print(f"killed {point}: {verdict(small, books)}")
