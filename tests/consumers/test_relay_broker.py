"""A broker that hangs or dies costs only time: commands still run, and every event arrives once and in order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from infra.servers.kafka import Kafka
from tests.consumers.place import Place, place_at
from tests.consumers.reading import running
from tests.consumers.things import commit, mixed

pytestmark = [pytest.mark.servers, pytest.mark.faults]

FROZEN_SECONDS = 10


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    """A broker for this test only, which can be frozen and killed."""
    with TemporaryDirectory(prefix="recount-kafka-") as folder, Kafka(Path(folder)) as kafka:
        yield kafka


@pytest.fixture
def place(recording_database_url: str, broker: Kafka, topic_name: str) -> Iterator[Place]:
    with place_at(recording_database_url, broker.bootstrap, topic_name) as place:
        yield place


def commit_for(place: Place, seconds: float) -> None:
    """Commits events for some seconds, whether or not the broker runs."""
    end, start = time.monotonic() + seconds, place.store.head()
    while time.monotonic() < end:
        commit(place.store, mixed(20, start))
        start += 20
        time.sleep(0.02)


def test_a_broker_frozen_for_ten_seconds_and_thawed_loses_nothing(place: Place, broker: Kafka) -> None:
    commit(place.store, mixed(500))
    with running(place.relay()):
        place.wait_until_routed()
        commits = Thread(target=commit_for, args=(place, FROZEN_SECONDS + 1))
        commits.start()
        broker.freeze()
        commits.join(FROZEN_SECONDS)
        broker.thaw()
        commits.join()
        place.wait_until_routed()
    place.assert_each_event_once_in_order()


def test_a_broker_killed_and_restarted_loses_nothing(place: Place, broker: Kafka) -> None:
    with running(place.relay()):
        commits = Thread(target=commit_for, args=(place, 4))
        commits.start()
        broker.kill()
        broker.restart()
        commits.join()
        place.wait_until_routed()
    place.assert_each_event_once_in_order()
