"""Messages that never arrive through Kafka are noticed, logged, and read from the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from infra.routing import PARTITIONS
from tests.faults.altered import LOST
from tests.faults.books import Books
from tests.faults.deployment import Deployment, Servers, deployed
from tests.faults.traffic import Traffic
from tests.faults.verdict import verdict
from tests.waiting import wait_until

pytestmark = [pytest.mark.servers, pytest.mark.faults]

PROCESSES = ("api-1", "relay-1", "projector-1")
WINDOW = "10"


@pytest.fixture
def small(fault_servers: Servers) -> Iterator[Deployment]:
    with deployed(fault_servers, PROCESSES) as running:
        yield running


def test_a_lost_window_is_logged_and_read_from_the_store(small: Deployment) -> None:
    small.restart("relay-1", ("lose", WINDOW))
    books = Books()
    with Traffic(small.urls, small.key, books, "lost window") as traffic:
        wait_until(lambda: LOST in small.output("relay-1"), "a window is lost")
        traffic.wait_for_more(300)
        wait_until(lambda: "chain_mended" in small.output("projector-1"), "the chain is mended")
    print(verdict(small, books, lost_on_the_way=True))
    assert "chain_broken" in small.output("projector-1")


def test_messages_removed_from_the_topic_are_read_from_the_store(small: Deployment) -> None:
    books = Books()
    with Traffic(small.urls, small.key, books, "removed") as traffic:
        traffic.wait_for_more(100)
        small.kill("projector-1")
        traffic.wait_for_more(200)
        _remove_all(small)
        small.restart("projector-1")
        traffic.wait_for_more(200)
        wait_until(lambda: "chain_mended" in small.output("projector-1"), "the chain is mended")
    print(verdict(small, books, lost_on_the_way=True))
    assert "chain_broken" in small.output("projector-1")


def _remove_all(deployment: Deployment) -> None:
    """Remove all records from the topic, as if its retention were too short."""
    places = [TopicPartition(deployment.topic, partition) for partition in range(PARTITIONS)]
    consumer = KafkaConsumer(bootstrap_servers=deployment.servers.kafka.bootstrap)
    ends = consumer.end_offsets(places)
    consumer.close()
    admin = KafkaAdminClient(bootstrap_servers=deployment.servers.kafka.bootstrap)
    admin.delete_records(ends)
    admin.close()
